// From what is known of an attempt to its spans: the claim, the steps that took time, the request, the
// record, and, where the delivery has ended, the root. No value of a customer, path, query, header, body or
// message is in them: templates and answers may put data there.

import { toLaneLabel } from "@postrider/shared/lanes";
import type { Span, SpanAttributes } from "@postrider/shared/tracing/span";
import { parseTraceparent } from "@postrider/shared/tracing/trace-context";
import { type Attempted, type Claimed, type Finding, toVerdictWord, type Verdict } from "../attempt.ts";
import type { AttemptTrace, TracedStep } from "./attempt-trace.ts";

/** Claims by which nothing came about, and which may be many. */
const UNTOLD: ReadonlySet<Finding["kind"]> = new Set(["recorded", "newer", "throttled"]);

/** Steps that took less are not told, but for compose and the one that ended the attempt. */
const TOLD_MS = 1;

interface Circumstances {
  readonly trace: AttemptTrace;
  /** By performance.now(). */
  readonly endedAt: number;
  readonly newSpanId: () => string;
}

/** The spans of one attempt. Their names and attributes are OpenTelemetry's, or begin with `postrider.`. */
export function toSpans(claimed: Claimed, attempted: Attempted, circumstances: Circumstances): Span[] {
  if (UNTOLD.has(attempted.finding.kind)) return [];
  const { trace, endedAt, newSpanId } = circumstances;
  const toUnixMs = (at: number): number => claimed.claimedAt + (at - trace.startedAt);
  const { traceId, spanId, rootSpanId, recorded } = trace;
  const endMs = toUnixMs(endedAt);
  const link = parseTraceparent(claimed.delivery.trace);
  const shared = { traceId, links: link === null ? [] : [link] };
  const within = (name: string, startedAt: number, until: number): Span => ({
    ...{ name, kind: "internal", traceId, spanId: newSpanId(), parentSpanId: spanId },
    ...{ startMs: toUnixMs(startedAt), endMs: toUnixMs(until), attributes: {}, links: [], isError: false },
  });

  const claim: Span = {
    ...{ ...shared, name: `claim ${toLaneLabel(claimed.lane)}`, kind: "consumer" },
    ...{ spanId, parentSpanId: rootSpanId, startMs: claimed.claimedAt, endMs },
    attributes: toClaimAttributes(claimed, attempted, recorded),
    isError: isFailure(attempted.verdict),
  };
  const spans = [claim, ...toStepSpans(trace, within), ...toRecordSpans(circumstances, within)];
  const sent = trace.steps.at(-1);
  if (trace.exchange !== null && sent?.name === "send")
    spans.push({
      ...within(trace.exchange.method, trace.exchange.startedAt, sent.endedAt),
      ...{ kind: "client", spanId: trace.sendSpanId },
      ...toRequestFacts(claimed, attempted, trace.exchange.method),
    });
  if (recorded?.outcome != null)
    spans.push({
      ...{ ...shared, name: `deliver ${toActionId(claimed)}`, kind: "internal" },
      ...{
        spanId: rootSpanId,
        parentSpanId: null,
        startMs: Math.min(claimed.dueAt, claimed.claimedAt),
        endMs,
      },
      attributes: toRootAttributes(claimed, recorded.outcome),
      isError: isFailure({ kind: "ended", ...recorded.outcome }),
    });
  return spans;
}

type Within = (name: string, startedAt: number, until: number) => Span;

function toStepSpans({ steps, exchange }: AttemptTrace, within: Within): Span[] {
  const toStep = ({ name, startedAt, endedAt }: TracedStep, index: number): Span[] => {
    if (name === "send" && exchange !== null)
      // For a token, or the moment that the lane's rate leaves.
      return exchange.startedAt - startedAt < TOLD_MS
        ? []
        : [within("wait to send", startedAt, exchange.startedAt)];
    const isTold = name === "compose" || endedAt - startedAt >= TOLD_MS || index === steps.length - 1;
    return isTold ? [within(name, startedAt, endedAt)] : [];
  };
  return steps.flatMap(toStep);
}

function toRecordSpans({ trace, endedAt }: Circumstances, within: Within): Span[] {
  const { steps, startedAt, recorded } = trace;
  if (recorded === null) return [];
  const record = within("record", steps.at(-1)?.endedAt ?? startedAt, recorded.endedAt);
  return endedAt - recorded.endedAt < TOLD_MS
    ? [record]
    : [record, within("settle", recorded.endedAt, endedAt)];
}

/** Messaging: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function toClaimAttributes(
  claimed: Claimed,
  { verdict }: Attempted,
  recorded: AttemptTrace["recorded"],
): SpanAttributes {
  const reason = "reason" in verdict ? verdict.reason : undefined;
  return {
    "messaging.system": "postrider",
    "messaging.operation.name": "claim",
    "messaging.operation.type": "process",
    "messaging.destination.name": claimed.lane,
    "messaging.message.id": claimed.id,
    ...toDeliveryAttributes(claimed),
    "postrider.attempt": claimed.attempt,
    "postrider.claims": claimed.claims,
    "postrider.waited_ms": claimed.claimedAt - claimed.dueAt,
    "postrider.verdict": toVerdictWord(verdict, recorded?.written ?? null),
    "postrider.reason": reason,
    "postrider.delay_ms": verdict.kind === "retry" ? verdict.delayMs : undefined,
    "error.type": isFailure(verdict) ? reason : undefined,
  };
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/** HTTP client: https://opentelemetry.io/docs/specs/semconv/http/http-spans/, without `url.full`. */
function toRequestFacts(
  { attempt }: Claimed,
  { finding, destination, timings }: Attempted,
  method: string,
): Pick<Span, "attributes" | "isError"> {
  const { protocol, hostname, port } = new URL(destination ?? "http://unknown");
  const status = finding.kind === "reply" ? finding.status : undefined;
  const errorType = toErrorType(finding);
  const attributes = {
    "http.request.method": method,
    "http.response.status_code": status,
    "http.request.resend_count": attempt > 1 ? attempt - 1 : undefined,
    "url.scheme": protocol.slice(0, -1),
    "server.address": hostname,
    "server.port": Number(port || DEFAULT_PORTS[protocol]),
    "network.protocol.version": "1.1",
    "error.type": errorType,
    "postrider.dns_ms": timings.dnsMs ?? undefined,
    "postrider.connect_ms": timings.connectMs ?? undefined,
    "postrider.tls_ms": timings.tlsMs ?? undefined,
    "postrider.first_byte_ms": timings.firstByteMs ?? undefined,
  };
  return { attributes, isError: errorType !== undefined };
}

/** A status of 4xx is one, too: to a client it is. */
function toErrorType(finding: Finding): string | undefined {
  if (finding.kind === "fault") return finding.code;
  return finding.kind === "reply" && finding.status >= 400 ? String(finding.status) : undefined;
}

type Recorded = NonNullable<NonNullable<AttemptTrace["recorded"]>["outcome"]>;

/** What tail samplers choose by stands here, all in one place. */
function toRootAttributes(claimed: Claimed, { outcome, reason, status, attempts }: Recorded): SpanAttributes {
  return {
    ...toDeliveryAttributes(claimed),
    "postrider.outcome": outcome,
    "postrider.reason": reason,
    "postrider.attempts": attempts,
    "http.response.status_code": status ?? undefined,
    "error.type": isFailure({ kind: "ended", outcome, reason }) ? reason : undefined,
  };
}

function toDeliveryAttributes({ id, delivery }: Claimed): SpanAttributes {
  return { "postrider.delivery.id": id, "postrider.action": delivery.action, "postrider.run": delivery.run };
}

function toActionId({ delivery }: Claimed): string {
  // What is no delivery has none.
  const { action = "unknown" } = delivery as Partial<Claimed["delivery"]>;
  return action.split("@", 1)[0] ?? action;
}

function isFailure(verdict: Verdict): boolean {
  if (verdict.kind !== "ended") return verdict.kind === "retry";
  return verdict.outcome === "failed" || verdict.outcome === "expired";
}
