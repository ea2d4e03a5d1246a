// Which destinations do not flow freely, and why. Pure.

import type { LaneCounts } from "@postrider/redis/counts";
import { limitsOf, type OwnLane, rateOf } from "@postrider/shared/own-lane";

/**
 * What keeps deliveries from it, the strongest first; `throttled` by its own 429s, `limited` by a person.
 */
export type Trouble =
  | "paused"
  | "circuit-open"
  | "circuit-half-open"
  | "cooling-down"
  | "throttled"
  | "limited";

export interface TroubledDestination {
  readonly origin: string;
  readonly state: Trouble;
  /** Unix ms; null where nobody has noted it. */
  readonly since: number | null;
  /** Unix ms of the next probe, or until which it has asked to be left alone, or is limited; else null. */
  readonly until: number | null;
  /** Requests per second that it is granted; null: no rate. */
  readonly ratePerSecond: number | null;
  readonly concurrency: number | null;
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
}

export function isTroubled(entry: OwnLane): boolean {
  return entry.kind === "destination" && toTrouble(entry) !== null;
}

/** @param entry of a destination in trouble. */
export function toTroubled(
  entry: OwnLane,
  { waiting, delayed, inFlight }: Pick<LaneCounts, "waiting" | "delayed" | "inFlight">,
): TroubledDestination {
  const { of: origin, circuit, coolsUntil, adaptiveRate, limitsForNow } = entry;
  const state = toTrouble(entry) ?? "throttled";
  const isOpen = circuit?.state === "open";
  return {
    origin,
    state,
    since:
      state === "paused" || state === "limited" ? null : (circuit?.since ?? adaptiveRate?.slowedAt ?? null),
    until: isOpen ? circuit.since + circuit.pauseMs : (coolsUntil ?? limitsForNow?.until ?? null),
    ratePerSecond: rateOf(entry) ?? null,
    concurrency: limitsOf(entry).concurrency ?? null,
    waiting,
    delayed,
    inFlight,
  };
}

function toTrouble(entry: OwnLane): Trouble | null {
  const { isPaused, circuit, coolsUntil, adaptiveRate, limits, limitsForNow } = entry;
  if (isPaused === true) return "paused";
  if (circuit !== undefined) return circuit.state === "open" ? "circuit-open" : "circuit-half-open";
  if (coolsUntil !== undefined) return "cooling-down";
  if (adaptiveRate !== undefined) return "throttled";
  return limits === undefined && limitsForNow === undefined ? null : "limited";
}
