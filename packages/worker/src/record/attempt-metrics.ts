// What is counted of each attempt beside its verdict: how late it began, how long composing and each phase of
// the exchange took, and what was met at which destination and for which action. All of it is plain numbers
// that are looked up once: nothing is made for an observation.

import { OUTCOMES, type OutcomeKind, type Reason } from "@postrider/shared/outcome";
import { type Count, defineCounts, defineSpan, defineSpans } from "@postrider/shared/tally";
import type { Registry } from "prom-client";
import type { Fault, Reply, SendTimings } from "../attempt.ts";
import { createDestinationCounts } from "./destination-counts.ts";

/** 5 s is the objective of a first attempt; from there to a lane that stood for half a day. */
const DELAY_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200];
/** From a packet within a data centre to the longest deadline (90 s). */
const PHASE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90];
/** From a short template to one that is stopped. */
const COMPOSE_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2];

const PHASES = ["dns", "connect", "tls", "first_byte", "body"] as const;

/** What composing can end with. */
const COMPOSE_REASONS = [
  "template",
  "template_too_costly",
  "value_missing",
  "url_invalid",
  "address_forbidden",
  "header_invalid",
  "body_invalid",
  "request_too_large",
] as const satisfies readonly Reason[];

/** Actions with series of their own, of those that a process meets first. */
const ACTIONS_SHOWN_MAX = 100;
/** Versions of actions whose series are at hand. */
const REFS_HELD_MAX = 1_000;

export interface AttemptMetrics {
  /** A delivery's first attempt began so late. @param lane a shared lane, or an own lane's kind. */
  begun(lane: string, lateMs: number): void;
  composed(ms: number): void;
  composeFailed(reason: Reason): void;
  /** An exchange is over. @param lane from which its delivery was claimed. */
  exchanged(lane: string, destination: string | null, met: Reply | Fault, timings: SendTimings): void;
  /** A delivery of an action ended. @param ref `id@version`; undefined: what lay there was no delivery. */
  actionEnded(ref: string | undefined, outcome: OutcomeKind): void;
  /** Told now and then which origins have a lane of their own. */
  ownDestinations(toOrigins: () => ReadonlySet<string>): void;
  /** Lines of attempts that the log leaves out. */
  linesLeftOut(count: number): void;
}

/** @param lanes the shared lanes that are served, and the kinds of own lanes. */
export function createAttemptMetrics(registry: Registry, lanes: readonly string[]): AttemptMetrics {
  const begun = defineSpans(
    {
      registry,
      name: "first_attempt_delay_seconds",
      help: "From when a delivery was enqueued, or due, to the start of its first attempt, by the lane from which that was made: one that its destination's lane has held back counts there. Deliveries that expired before it count, too.",
      labelNames: ["lane"],
      buckets: DELAY_SECONDS,
    },
    lanes,
  );
  const composed = defineSpan({
    registry,
    name: "compose_duration_seconds",
    help: "How long composing a request took, the wait for a thread included where the template needs one.",
    buckets: COMPOSE_SECONDS,
  });
  const failures = defineCounts({
    registry,
    name: "compose_failures_total",
    help: "Requests that could not be composed, by what is wrong with template or data.",
    labelNames: ["reason"],
  });
  for (const reason of COMPOSE_REASONS) failures.of({ reason });
  const exchanged = createExchanged(registry);
  const destinations = createDestinationCounts(registry);
  const leftOut = defineCounts({
    registry,
    name: "log_lines_left_out_total",
    help: "Lines of delivered attempts that the log leaves out, since more than POSTRIDER_LOG_ATTEMPTS_PER_SECOND came.",
  }).of({});
  return {
    begun: (lane, lateMs) => begun[lane]?.(Math.max(0, lateMs) / 1_000),
    composed: (ms) => composed(ms / 1_000),
    composeFailed(reason) {
      failures.of({ reason }).value += 1;
    },
    exchanged(lane, destination, met, timings) {
      destinations.count(lane, destination, met);
      exchanged(timings);
    },
    actionEnded: createActionCounts(registry),
    ownDestinations: destinations.makeRoom,
    linesLeftOut(count) {
      leftOut.value += count;
    },
  };
}

function createExchanged(registry: Registry): (timings: SendTimings) => void {
  const phases = defineSpans(
    {
      registry,
      name: "attempt_phase_duration_seconds",
      help: "Time of an exchange by phase, one after the other: dns, connect and tls where a connection was opened for it, first_byte from then to the head of the answer (a wait for a free connection included), body from there to its end.",
      labelNames: ["phase"],
      buckets: PHASE_SECONDS,
    },
    PHASES,
  );
  const connections = defineCounts({
    registry,
    name: "connections_used_total",
    help: "Exchanges that were answered, by whether a connection was opened for them or one was there (reused).",
    labelNames: ["connection"],
  });
  const opened = connections.of({ connection: "opened" });
  const reused = connections.of({ connection: "reused" });
  /** @returns the ms that opening a connection took, as far as it came. */
  const countOpening = ({ dnsMs, connectMs, tlsMs }: SendTimings): number => {
    if (dnsMs !== null) phases.dns(dnsMs / 1_000);
    if (connectMs !== null) phases.connect(connectMs / 1_000);
    if (tlsMs !== null) phases.tls(tlsMs / 1_000);
    return (dnsMs ?? 0) + (connectMs ?? 0) + (tlsMs ?? 0);
  };
  return (timings) => {
    const openMs = countOpening(timings);
    const { connectMs, firstByteMs, totalMs } = timings;
    if (firstByteMs === null) return;
    if (connectMs === null) reused.value += 1;
    else opened.value += 1;
    phases.first_byte(Math.max(0, firstByteMs - openMs) / 1_000);
    phases.body(Math.max(0, totalMs - firstByteMs) / 1_000);
  };
}

type OfAction = Readonly<Record<OutcomeKind, Count>>;

function createActionCounts(registry: Registry): AttemptMetrics["actionEnded"] {
  const counts = defineCounts({
    registry,
    name: "action_deliveries_total",
    help: `Deliveries that ended, by action; of the ${ACTIONS_SHOWN_MAX} actions that a worker has met first, all others as \`other\`.`,
    labelNames: ["action", "outcome"],
  });
  const toCounts = (action: string): OfAction =>
    Object.fromEntries(OUTCOMES.map((outcome) => [outcome, counts.of({ action, outcome })])) as OfAction;
  const other = toCounts("other");
  const actions = new Map<string, OfAction>();
  const refs = new Map<string, OfAction>();
  const find = (ref: string): OfAction => {
    const action = ref.slice(0, Math.max(0, ref.indexOf("@")));
    const known = actions.get(action);
    if (known !== undefined || actions.size >= ACTIONS_SHOWN_MAX) return known ?? other;
    const made = toCounts(action);
    actions.set(action, made);
    return made;
  };
  return (ref = "", outcome) => {
    let found = refs.get(ref);
    if (found === undefined) {
      if (refs.size >= REFS_HELD_MAX) refs.clear();
      found = ref === "" ? other : find(ref);
      refs.set(ref, found);
    }
    found[outcome].value += 1;
  };
}
