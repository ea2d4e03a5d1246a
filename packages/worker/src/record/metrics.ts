// The series that a worker exposes. Labels are bounded, and every series of a closed list exists from the first scrape,
// so that a rate is never "no data". docs/metrics.md is generated from here.

import { type OutcomeKind, REASON_NAMES, type Reason } from "@postrider/shared/outcome";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { FaultCode } from "../attempt.ts";

/** From a fast API to the longest deadline (90 s). */
const ATTEMPT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 16, 30, 60, 90];
/** From at once to the end of the longest preset. */
const LATENCY_SECONDS = [
  0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1_800, 7_200, 43_200, 172_800,
];

const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "429", "5xx"] as const;
const FAULTS: readonly FaultCode[] = [
  "dns",
  "connect",
  "connect_timeout",
  "tls",
  "certificate",
  "timeout",
  "reset",
  "protocol",
  "headers_too_large",
  "proxy",
];

export type StatusClass = (typeof STATUS_CLASSES)[number];

/** Which outcome each reason belongs to, for the series that exist from the start. */
function outcomeOf(reason: Reason): OutcomeKind {
  if (reason === "reply_2xx") return "delivered";
  return reason === "expired" || reason === "cancelled" ? reason : "failed";
}

export interface LaneGauges {
  readonly waiting: number;
  readonly delayed: number;
  readonly deadLetters: number;
  readonly oldestAgeMs: number;
}

export interface Metrics {
  readonly registry: Registry;
  ended(lane: string, outcome: OutcomeKind, reason: Reason): void;
  replied(status: number): void;
  faulted(fault: FaultCode): void;
  attempted(seconds: number): void;
  latency(seconds: number): void;
  retried(lane: string, reason: Reason): void;
  /** A claim of a delivery that had ended already, or that an earlier claim may have sent. */
  repeated(lane: string, kind: "ended" | "reclaimed"): void;
  inFlight(lane: string, change: 1 | -1): void;
  lane(lane: string, gauges: LaneGauges): void;
}

/** The series as prom-client knows them: the one table of names, helps and labels. */
function defineSeries(registry: Registry, inFlight: ReadonlyMap<string, number>) {
  const registers = [registry];
  const perLane = "The same from every worker: take the max.";
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `postrider_${name}`, help, labelNames: [...labelNames], registers });
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `postrider_${name}`, help, labelNames: ["lane"], registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `postrider_${name}`, help, buckets, registers });
  return {
    deliveries: counter("deliveries_total", "Deliveries that ended, by outcome and reason.", [
      "lane",
      "outcome",
      "reason",
    ]),
    attempts: counter(
      "attempts_total",
      "Attempts by the reply's status class, or by fault; the other label is empty.",
      ["status_class", "fault"],
    ),
    retries: counter("retries_total", "Attempts after which the delivery waits for another one.", [
      "lane",
      "reason",
    ]),
    repeats: counter(
      "repeated_claims_total",
      "Claims of deliveries that had ended (sent nothing: ended), or that an earlier claim may have sent (reclaimed).",
      ["lane", "kind"],
    ),
    duration: histogram("attempt_duration_seconds", "Time of one HTTP exchange.", ATTEMPT_SECONDS),
    latency: histogram(
      "delivery_latency_seconds",
      "Time from enqueue, or from the due time, to a delivered outcome.",
      LATENCY_SECONDS,
    ),
    inFlight: new Gauge({
      name: "postrider_in_flight",
      help: "Deliveries that this worker has claimed and not settled.",
      labelNames: ["lane"],
      registers,
      // Changes twice a delivery and is looked at every few seconds, so it is a plain number in between.
      collect() {
        for (const [lane, count] of inFlight) this.set({ lane }, count);
      },
    }),
    waiting: gauge("lane_waiting", `Deliveries that are due and not claimed. ${perLane}`),
    delayed: gauge("lane_delayed", `Deliveries that are due later. ${perLane}`),
    deadLetters: gauge("lane_dead_letters", `Dead letters kept. ${perLane}`),
    oldestAge: gauge("lane_oldest_age_seconds", `Age of the delivery that waits the longest. ${perLane}`),
  };
}

/** Creates the series for the lanes that a worker serves. */
export function createMetrics(lanes: readonly string[]): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "postrider_" });
  const inFlight = new Map(lanes.map((lane) => [lane, 0]));
  const series = defineSeries(registry, inFlight);

  // Looking a label set up costs more than counting, so the hot ones are kept.
  const ended = new Map<string, Counter.Internal>();
  const endedSeries = (lane: string, outcome: OutcomeKind, reason: Reason): Counter.Internal => {
    const key = `${lane} ${outcome} ${reason}`;
    const known = ended.get(key);
    if (known !== undefined) return known;
    const made = series.deliveries.labels(lane, outcome, reason);
    ended.set(key, made);
    return made;
  };
  const replies = new Map(STATUS_CLASSES.map((name) => [name, series.attempts.labels(name, "")]));

  for (const lane of lanes) {
    for (const reason of REASON_NAMES) {
      endedSeries(lane, outcomeOf(reason), reason).inc(0);
      series.retries.labels(lane, reason).inc(0);
    }
    for (const gauge of [series.waiting, series.delayed, series.deadLetters, series.oldestAge])
      gauge.labels(lane).set(0);
    for (const kind of ["ended", "reclaimed"]) series.repeats.labels(lane, kind).inc(0);
  }
  for (const reply of replies.values()) reply.inc(0);
  for (const fault of FAULTS) series.attempts.labels("", fault).inc(0);

  return {
    registry,
    ended: (lane, outcome, reason) => endedSeries(lane, outcome, reason).inc(),
    replied: (status) => replies.get(toStatusClass(status))?.inc(),
    faulted: (fault) => series.attempts.labels("", fault).inc(),
    attempted: (seconds) => series.duration.observe(seconds),
    latency: (seconds) => series.latency.observe(seconds),
    retried: (lane, reason) => series.retries.labels(lane, reason).inc(),
    repeated: (lane, kind) => series.repeats.labels(lane, kind).inc(),
    inFlight: (lane, change) => void inFlight.set(lane, (inFlight.get(lane) ?? 0) + change),
    lane(lane, gauges) {
      series.waiting.labels(lane).set(gauges.waiting);
      series.delayed.labels(lane).set(gauges.delayed);
      series.deadLetters.labels(lane).set(gauges.deadLetters);
      series.oldestAge.labels(lane).set(gauges.oldestAgeMs / 1_000);
    },
  };
}

/** 429 has a class of its own: a rate limit is no refusal. */
export function toStatusClass(status: number): StatusClass {
  if (status === 429) return "429";
  if (status >= 500) return "5xx";
  if (status >= 400) return "4xx";
  if (status >= 300) return "3xx";
  return status >= 200 ? "2xx" : "1xx";
}
