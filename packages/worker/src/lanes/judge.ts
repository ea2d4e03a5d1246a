// What becomes of a destination's own lane after a look at what all workers met there. Pure.

import { ownLaneName } from "@postrider/shared/lanes";
import { limitsOf, type OwnLane } from "@postrider/shared/own-lane";
import { type CircuitSettings, judgeCircuit, openProbes } from "./circuit.ts";
import { type Allowance, judgePace, PACE_MIN } from "./pace.ts";
import type { Tally } from "./tally.ts";

/** Two reports: a worker that met no trouble at a suspect has added what it met by then. */
export const CONTRIBUTE_MS = 500;

export interface Evidence {
  readonly tally: Tally;
  /** Whether other workers may not have told yet what they met, so that the share is not that of all. */
  readonly isFresh: boolean;
  readonly allowance: Allowance | null;
}

/** A lane without any reason of its own yet. */
export function newDestinationLane(origin: string, now: number): OwnLane {
  return { lane: ownLaneName("destination", origin), kind: "destination", of: origin, createdAt: now };
}

/** The entry as it should be; undefined where nothing changes, or nothing calls for an own lane. */
export function judgeDestination(
  entry: OwnLane | undefined,
  origin: string,
  { tally, isFresh, allowance }: Evidence,
  now: number,
  settings: CircuitSettings,
): OwnLane | undefined {
  const before = entry ?? newDestinationLane(origin, now);
  const hasRate = limitsOf(before).ratePerSecond !== undefined;
  const pace = hasRate ? undefined : judgePace(before.pace, tally, now, allowance);
  const isLimitedFailing = hasRate || (pace !== undefined && pace.perSecond <= PACE_MIN);
  const circuit =
    isFresh && before.circuit === undefined
      ? undefined
      : judgeCircuit(before.circuit, tally, now, isLimitedFailing, settings);
  if (pace === before.pace && circuit === before.circuit) return undefined;
  const isOver = before.circuit !== undefined && circuit === undefined;
  const next = { ...omit(before, "pace"), ...(pace && { pace }), ...(isOver && { troubledAt: now }) };
  return withCircuit(next, circuit);
}

/** The entry when its circuit lets probes through by now; undefined where nothing changes. */
export function judgePause(entry: OwnLane | undefined, now: number): OwnLane | undefined {
  const circuit = openProbes(entry?.circuit, now);
  return entry === undefined || circuit === entry.circuit ? undefined : withCircuit(entry, circuit);
}

function withCircuit(entry: OwnLane, circuit: OwnLane["circuit"]): OwnLane {
  // A lane with a reason leads deliveries in again, also when it was about to be dissolved.
  return { ...omit(omit(entry, "circuit"), "isClosing"), ...(circuit && { circuit }) };
}

function omit<K extends keyof OwnLane>(entry: OwnLane, name: K): Omit<OwnLane, K> & OwnLane {
  const { [name]: _, ...rest } = entry;
  return rest as Omit<OwnLane, K> & OwnLane;
}
