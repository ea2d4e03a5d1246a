// Decides what becomes of a delivery after one attempt.
// Pure: the same facts always give the same verdict. Time and chance come in as arguments.
// Never looks at Redis, the network or the job; settle carries the verdict out.

import { outcomeOf, type Reason, unreachable } from "@postrider/shared/outcome";
import type { RetryPolicy } from "@postrider/shared/retry";
import {
  type Claimed,
  type Fault,
  type Finding,
  type Reply,
  statusOf,
  type Unready,
  type Verdict,
} from "../attempt.ts";
import { backoffMs, type Random } from "./backoff.ts";
import { askedWaitMs } from "./retry-after.ts";

/**
 * The wait after a bug of ours, or for an action that could not be read: soon enough for a fix, too seldom
 * to storm.
 */
const INTERNAL_RETRY_MS = 10_000;
/**
 * The wait for a machine that has no descriptors or ports left: these come back within seconds, when
 * connections are closed.
 */
const LOCAL_RETRY_MS = 10_000;
/** A later release's delivery is looked at now and then, until a worker of that release takes it. */
const NEWER_RETRY_MS = 10_000;
/** How soon a delivery whose outcome Redis did not take, as when it is full, is looked at again. */
const UNRECORDED_RETRY_MS = 10_000;
/** The wait after an error that no step turned into a verdict, as when Redis failed half-way. */
export const UNEXPECTED_RETRY_MS = 10_000;
/** Longer than a worker remembers what it has read of secrets, so that the next look is a new one. */
const UNREADY_RETRY_MS_MIN = 3_000;
/** Spreads what one Retry-After, or one shortage, sends to the same moment: "now" is one, too. */
const SPREAD = 0.1;
const SPREAD_MS_MIN = 1_000;

export interface Circumstances {
  readonly policy: RetryPolicy;
  readonly now: number;
  readonly random: Random;
}

type DeliveryFacts = Pick<Claimed, "attempt" | "attemptsMax" | "claims" | "agesFrom"> & {
  readonly delivery: Pick<Claimed["delivery"], "expiresAt">;
};

/** The verdict on an attempt (the table of docs/attempts.md). */
export function decide(finding: Finding, facts: DeliveryFacts, circumstances: Circumstances): Verdict {
  switch (finding.kind) {
    case "reply":
      return decideReply(finding, facts, circumstances);
    case "fault":
      return decideFault(finding, facts, circumstances);
    case "unsendable":
      return { kind: "ended", outcome: outcomeOf(finding.reason), reason: finding.reason };
    case "unready":
      return decideUnready(finding, facts, circumstances);
    case "cancelled":
      return { kind: "ended", outcome: "cancelled", reason: "cancelled" };
    case "interrupted":
    case "throttled":
      return { kind: "handed-back" };
    case "misplaced":
      return { kind: "moved", lane: finding.lane };
    case "recorded":
      return { kind: "ended", outcome: finding.outcome, reason: finding.reason };
    case "newer":
      return { kind: "retry", reason: "delivery_invalid", delayMs: NEWER_RETRY_MS, costsAttempt: false };
    case "broken":
      return retry("internal", { delayMs: INTERNAL_RETRY_MS, costsAttempt: true }, facts, circumstances);
    default:
      return unreachable(finding);
  }
}

/**
 * The verdict where nothing could be written down of an attempt, as when Redis is full: nothing may end
 * unrecorded, so it is tried again.
 */
export function decideUnrecorded(): Verdict {
  return { kind: "retry", reason: "internal", delayMs: UNRECORDED_RETRY_MS, costsAttempt: false };
}

function decideReply(reply: Reply, facts: DeliveryFacts, circumstances: Circumstances): Verdict {
  const { headers } = reply;
  const status = statusOf(reply);
  const { policy, now, random } = circumstances;
  if (headers["webhook-delivery"]?.trim().toLowerCase() === "abort-message") return failed("abort_message");
  if (status >= 200 && status < 300) return { kind: "ended", outcome: "delivered", reason: "reply_2xx" };
  const reason = reply.judged === undefined ? toReplyReason(status) : "reply_unsuccessful";
  if (status === 429) {
    const asked = askedWaitMs(headers, now);
    const delayMs = asked === null ? backoffMs(policy, facts.claims, random) : spread(asked, random);
    return retry(reason, { delayMs, costsAttempt: false }, facts, circumstances);
  }
  if (!isRetried(status, policy)) return failed(reason);
  const delayMs = Math.max(
    backoffMs(policy, facts.attempt, random),
    spreadAsked(askedWaitMs(headers, now), random),
  );
  return retry(reason, { delayMs, costsAttempt: true }, facts, circumstances);
}

function decideFault(fault: Fault, facts: DeliveryFacts, circumstances: Circumstances): Verdict {
  // The next handshake would meet the same certificate; a person has to act.
  if (fault.code === "certificate") return failed(fault.code);
  // Nothing was sent, and neither the delivery nor the destination is to blame.
  if (fault.code === "local") {
    const delayMs = spread(LOCAL_RETRY_MS, circumstances.random);
    return retry(fault.code, { delayMs, costsAttempt: false }, facts, circumstances);
  }
  const delayMs = backoffMs(circumstances.policy, facts.attempt, circumstances.random);
  return retry(fault.code, { delayMs, costsAttempt: true }, facts, circumstances);
}

/**
 * Waits as for a rate limit: nothing was sent, so it costs age and no attempt, and a whole run that waits
 * comes back ever more seldom.
 */
function decideUnready(
  { reason, notBefore }: Unready,
  facts: DeliveryFacts,
  circumstances: Circumstances,
): Verdict {
  const { policy, now, random } = circumstances;
  const delayMs = Math.max(
    UNREADY_RETRY_MS_MIN,
    backoffMs(policy, facts.claims, random),
    spreadAsked(notBefore === undefined ? null : Math.max(0, notBefore - now), random),
  );
  return retry(reason, { delayMs, costsAttempt: false }, facts, circumstances);
}

/**
 * Whether the same request may succeed later. A 4xx refuses the request itself; 408 and 425 speak of the
 * moment. What is beyond 599 is no status, and RFC 9110 section 15 has it taken for a 5xx.
 */
export function isRetried(status: number, policy: Pick<RetryPolicy, "statuses">): boolean {
  if (policy.statuses.includes(status)) return true;
  if (status === 501 || status === 505) return false;
  return status === 408 || status === 425 || status >= 500;
}

function toReplyReason(status: number): Reason {
  if (status === 408) return "reply_408";
  if (status === 410) return "gone";
  if (status === 425) return "reply_425";
  if (status === 429) return "reply_429";
  if (status < 200) return "reply_1xx";
  if (status < 400) return "reply_3xx";
  return status < 500 ? "reply_4xx" : "reply_5xx";
}

/** A retry, unless attempts, age or the delivery's expiry do not allow one. */
function retry(
  reason: Reason,
  { delayMs, costsAttempt }: { delayMs: number; costsAttempt: boolean },
  facts: DeliveryFacts,
  { policy, now }: Circumstances,
): Verdict {
  if (costsAttempt && facts.attempt >= facts.attemptsMax) return failed(reason);
  const nextAt = now + delayMs;
  const { expiresAt } = facts.delivery;
  if (expiresAt !== undefined && nextAt > expiresAt)
    return { kind: "ended", outcome: "expired", reason: "expired" };
  if (nextAt > facts.agesFrom + policy.maxAgeMs) return failed(reason);
  return { kind: "retry", reason, delayMs, costsAttempt };
}

function failed(reason: Reason): Verdict {
  return { kind: "ended", outcome: "failed", reason };
}

/** What was asked for, spread; "at once" lengthens no wait. */
function spreadAsked(ms: number | null, random: Random): number {
  return ms === null || ms === 0 ? 0 : spread(ms, random);
}

function spread(ms: number, random: Random): number {
  return Math.round(ms + Math.max(ms * SPREAD, SPREAD_MS_MIN) * random());
}
