// What becomes of a destination's own lane after a look at what all workers met there. Pure.

import { withoutEnded } from "@postrider/shared/lane-limits";
import { ownLaneName } from "@postrider/shared/lanes";
import { limitsOf, type OwnLane } from "@postrider/shared/own-lane";
import { ADAPTIVE_RATE_MIN, type Allowance, nextAdaptiveRate } from "./adaptive-rate.ts";
import { type CircuitSettings, nextCircuit, openProbes } from "./circuit.ts";
import { nextCooldown } from "./cooldown.ts";
import type { CountsBySecond } from "./counts-by-second.ts";

/** Two reports: a worker that met no failure at a failing destination has added what it met by then. */
export const CONTRIBUTE_MS = 500;

export interface Evidence {
  readonly counts: CountsBySecond;
  /** Whether other workers may not have told yet what they met, so that the share is not that of all. */
  readonly isFresh: boolean;
  readonly allowance: Allowance | null;
  /** Until when the latest refusals ask to be left alone, Unix ms. */
  readonly askedUntil: number | null;
}

/** A lane without any reason of its own yet. */
export function newDestinationLane(origin: string, now: number): OwnLane {
  return { lane: ownLaneName("destination", origin), kind: "destination", of: origin, createdAt: now };
}

/** The entry as it should be; undefined where nothing changes, or nothing calls for an own lane. */
export function nextEntry(
  entry: OwnLane | undefined,
  origin: string,
  { counts, isFresh, allowance, askedUntil }: Evidence,
  now: number,
  settings: CircuitSettings,
): OwnLane | undefined {
  const before = entry ?? newDestinationLane(origin, now);
  const hasRate = limitsOf(before).ratePerSecond !== undefined;
  const adaptiveRate = hasRate ? undefined : nextAdaptiveRate(before.adaptiveRate, counts, now, allowance);
  const isLimitedFailing =
    hasRate || (adaptiveRate !== undefined && adaptiveRate.perSecond <= ADAPTIVE_RATE_MIN);
  const circuit =
    isFresh && before.circuit === undefined
      ? undefined
      : nextCircuit(before.circuit, counts, now, isLimitedFailing, settings);
  const asked = isFresh ? null : askedUntil;
  const coolsUntil = nextCooldown(before.coolsUntil, asked, counts, now, settings.circuitPauseMaxMs);
  if (adaptiveRate === before.adaptiveRate && circuit === before.circuit && coolsUntil === before.coolsUntil)
    return undefined;
  const isOver = before.circuit !== undefined && circuit === undefined;
  const next = set(set(before, "adaptiveRate", adaptiveRate), "coolsUntil", coolsUntil);
  return withCircuit(isOver ? { ...next, lastFailureAt: now } : next, circuit);
}

/**
 * The entry when its circuit lets probes through by now, its cooldown is over, or what a person set for a
 * time has ended; undefined where nothing changes.
 */
export function afterPause(before: OwnLane | undefined, now: number): OwnLane | undefined {
  if (before === undefined) return undefined;
  const entry = withoutEnded(before, now);
  const circuit = openProbes(entry.circuit, now);
  const hasCooled = entry.coolsUntil !== undefined && now >= entry.coolsUntil;
  if (circuit === entry.circuit && !hasCooled) return entry === before ? undefined : entry;
  return withCircuit(
    hasCooled ? { ...set(entry, "coolsUntil", undefined), lastFailureAt: now } : entry,
    circuit,
  );
}

function withCircuit(entry: OwnLane, circuit: OwnLane["circuit"]): OwnLane {
  // A lane with a reason leads deliveries in again, also when it was about to be dissolved.
  return set(set(entry, "isClosing", undefined), "circuit", circuit);
}

/** The entry with a field, or without it. */
function set<K extends keyof OwnLane>(entry: OwnLane, name: K, value: OwnLane[K] | undefined): OwnLane {
  const { [name]: _, ...rest } = entry;
  return (value === undefined ? rest : { ...rest, [name]: value }) as OwnLane;
}
