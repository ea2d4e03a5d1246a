// What a worker counts, as verbs for the steps to call. Every series of a closed list exists from the first
// scrape, so that a rate is never "no data".

import { type ShowFigures, showInstallation } from "@postrider/shared/installation-metrics";
import { OWN_LANE_KINDS, type OwnLaneKind, toLaneLabel } from "@postrider/shared/lanes";
import { type OutcomeKind, outcomeOf, REASON_NAMES, type Reason } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import {
  createRegistry,
  hasExemplars,
  type SpansDropped,
  type Traced,
  toObserve,
} from "@postrider/shared/process-metrics";
import { createRedisMetrics, type RedisMetrics } from "@postrider/shared/redis-metrics";
import type { Counter, Registry } from "prom-client";
import type { FaultCode } from "../attempt.ts";
import { type AttemptMetrics, createAttemptMetrics } from "./attempt-metrics.ts";
import { FAULTS, STATUS_CLASSES, toStatusClass } from "./met.ts";
import { DESTINATIONS_SHOWN_MAX, defineSeries, type PoolStats, type Series } from "./series.ts";

const REPEAT_KINDS = ["ended", "reclaimed", "lost", "unrecorded"] as const;
export type RepeatKind = (typeof REPEAT_KINDS)[number];

export const TOKEN_RESULTS = ["issued", "unavailable", "refused"] as const;
export type TokenResult = (typeof TOKEN_RESULTS)[number];

/** What the pool of a process that sends nothing tells. */
const NO_POOLS: PoolStats = { destinations: 0, sockets: { open: 0, max: 0, refused: 0 } };

/**
 * Own lanes served here and how many may be; those that nobody has room for, and those that wait for their
 * destination.
 */
export interface OwnLaneCounts {
  readonly served: number;
  readonly servedMax: number;
  readonly unserved: number;
  readonly heldUp: number;
}

export interface AuditFindings {
  readonly healed: number;
  readonly lost: number;
  readonly surplus: number;
  /** Shared lanes with deliveries that no worker serves. */
  readonly unserved: number;
}

export interface Metrics extends AttemptMetrics {
  readonly registry: Registry;
  /** How Redis answers. */
  readonly redis: RedisMetrics;
  readonly installation: ShowFigures;
  ended(lane: string, outcome: OutcomeKind, reason: Reason): void;
  replied(status: number): void;
  faulted(fault: FaultCode): void;
  /** @param trace the one that it belongs to, where that is kept. */
  attempted(seconds: number, trace: Traced | null): void;
  tokenFetched(result: TokenResult): void;
  latency(seconds: number, trace: Traced | null): void;
  retried(lane: string, reason: Reason): void;
  /** A claim that was not the delivery's only one. */
  repeated(lane: string, kind: RepeatKind): void;
  /** A delivery moved into an own lane of a kind. */
  moved(lane: string, to: OwnLaneKind): void;
  deadLettersDropped(lane: string, count: number): void;
  claimed(lane: string, change: 1 | -1): void;
  /** Given back to its lane without an attempt. */
  handedBack(lane: string): void;
  /** The registry as this process sees it. */
  ownLanes(entries: readonly OwnLane[], counts: OwnLaneCounts): void;
  /** How many of each lane that it serves may be in flight. */
  inFlightLimits(slots: ReadonlyMap<string, number>): void;
  /** What this process found when it carried out the latest audit; null when another one did. */
  audited(found: AuditFindings | null): void;
}

/**
 * Creates the series for the shared lanes that a worker serves; own lanes are told apart by kind only.
 * @param stats asked at each scrape.
 * @param tracing where traces are on.
 */
export function createMetrics(
  sharedLanes: readonly string[],
  stats: () => PoolStats = () => NO_POOLS,
  tracing: SpansDropped | null = null,
): Metrics {
  const lanes = [...sharedLanes, ...OWN_LANE_KINDS];
  const registry = createRegistry(tracing);
  const inFlight = new Map(lanes.map((lane) => [lane, 0]));
  const series = defineSeries(registry, inFlight, stats);
  const installation = showInstallation(registry);

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

  for (const lane of lanes)
    for (const reason of REASON_NAMES) endedSeries(lane, outcomeOf(reason), reason).inc(0);
  beginSeries(series, sharedLanes);
  for (const reply of replies.values()) reply.inc(0);
  for (const result of TOKEN_RESULTS) series.tokenFetches.labels(result).inc(0);
  for (const fault of FAULTS) series.attempts.labels("", fault).inc(0);

  const attempts = createAttemptMetrics(registry, lanes);
  return {
    ...attempts,
    registry,
    redis: createRedisMetrics(registry),
    installation,
    ended: (lane, outcome, reason) => endedSeries(lane, outcome, reason).inc(),
    replied: (status) => replies.get(toStatusClass(status))?.inc(),
    faulted: (fault) => series.attempts.labels("", fault).inc(),
    tokenFetched: (result) => series.tokenFetches.labels(result).inc(),
    attempted: toObserve(series.duration, hasExemplars(registry)),
    latency: toObserve(series.latency, hasExemplars(registry)),
    retried: (lane, reason) => series.retries.labels(lane, reason).inc(),
    repeated: (lane, kind) => series.repeats.labels(lane, kind).inc(),
    ownLanes(entries, counts) {
      showOwnLanes(entries, counts, series);
      attempts.ownDestinations(() => new Set(entries.map(({ of }) => of)));
    },
    inFlightLimits: (slots) => showLimits(slots, lanes, series),
    audited(found) {
      series.healed.inc(found?.healed ?? 0);
      series.imbalance.labels("lost").set(found?.lost ?? 0);
      series.imbalance.labels("surplus").set(found?.surplus ?? 0);
      series.sharedLanesUnserved.set(found?.unserved ?? 0);
    },
    handedBack: (lane) => series.handedBack.labels(lane).inc(),
    moved: (lane, to) => series.moves.labels(lane, to).inc(),
    deadLettersDropped: (lane, count) => series.dropped.labels(lane).inc(count),
    claimed: (lane, change) => void inFlight.set(lane, (inFlight.get(lane) ?? 0) + change),
  };
}

/** Sets every series to nothing, so that none begins with its first event. */
function beginSeries(series: Series, sharedLanes: readonly string[]): void {
  for (const lane of [...sharedLanes, ...OWN_LANE_KINDS]) beginLane(lane, series);
  for (const kind of ["lost", "surplus"]) series.imbalance.labels(kind).set(0);
}

function beginLane(lane: string, series: Series): void {
  for (const reason of REASON_NAMES) series.retries.labels(lane, reason).inc(0);
  series.inFlightLimit.labels(lane).set(0);
  for (const kind of REPEAT_KINDS) series.repeats.labels(lane, kind).inc(0);
  for (const kind of OWN_LANE_KINDS) series.moves.labels(lane, kind).inc(0);
  for (const counter of [series.dropped, series.handedBack]) counter.labels(lane).inc(0);
}

const CIRCUIT_VALUES = { closed: 0, "half-open": 1, open: 2 } as const;

function showOwnLanes(
  entries: readonly OwnLane[],
  { served, servedMax, unserved, heldUp }: OwnLaneCounts,
  series: Series,
): void {
  series.ownLanesServed.set(served);
  series.ownLanesServedLimit.set(servedMax);
  series.ownLanesHeldUp.set(heldUp);
  series.ownLanesUnserved.set(unserved);
  for (const kind of OWN_LANE_KINDS)
    series.ownLanes.labels(kind).set(entries.filter((entry) => entry.kind === kind).length);
  const destinations = entries.filter(({ kind }) => kind === "destination");
  const stateOf = ({ circuit }: OwnLane) => circuit?.state ?? "closed";
  for (const state of Object.keys(CIRCUIT_VALUES))
    series.circuits.labels(state).set(destinations.filter((entry) => stateOf(entry) === state).length);
  series.coolingDown.set(destinations.filter(({ coolsUntil }) => coolsUntil !== undefined).length);
  // Dissolved lanes leave the page.
  series.circuit.reset();
  series.adaptiveRate.reset();
  for (const entry of destinations.slice(0, DESTINATIONS_SHOWN_MAX)) {
    series.circuit.labels(entry.of).set(CIRCUIT_VALUES[stateOf(entry)]);
    if (entry.adaptiveRate !== undefined)
      series.adaptiveRate.labels(entry.of).set(entry.adaptiveRate.perSecond);
  }
}

function showLimits(
  slots: ReadonlyMap<string, number>,
  labels: readonly string[],
  { inFlightLimit }: Series,
): void {
  const sums = new Map(labels.map((label) => [label, 0]));
  for (const [lane, limit] of slots) sums.set(toLaneLabel(lane), (sums.get(toLaneLabel(lane)) ?? 0) + limit);
  for (const [label, sum] of sums) inFlightLimit.labels(label).set(sum);
}
