// When a destination is left alone, and when it is tried again. Pure.

import type { Circuit } from "@postrider/shared/own-lane";
import { type CountsBySecond, total } from "./counts-by-second.ts";

export interface CircuitSettings {
  /** Failing share of the attempts from which it opens. */
  readonly circuitFailurePercent: number;
  /** Fewer attempts than that in the window say nothing. */
  readonly circuitAttemptsMin: number;
  readonly circuitWindowMs: number;
  readonly circuitPauseMs: number;
  readonly circuitPauseMaxMs: number;
}

/** Each failed probe makes the next pause longer. */
const PAUSE_FACTOR = 2;

/**
 * The circuit after a look at the latest attempts.
 * @param circuit absent: closed.
 * @param isLimitedFailing whether a 429 counts as a failure, as where slowing down has not helped.
 * @returns the same object when nothing changes; undefined: closed.
 */
export function nextCircuit(
  circuit: Circuit | undefined,
  counts: CountsBySecond,
  now: number,
  isLimitedFailing: boolean,
  settings: CircuitSettings,
): Circuit | undefined {
  if (circuit?.state === "open") return circuit;
  if (circuit !== undefined) return afterProbes(circuit, total(counts, circuit.since), now, settings);
  const { accepted, failed, limited } = total(counts, now - settings.circuitWindowMs);
  const failing = failed + (isLimitedFailing ? limited : 0);
  const attempts = accepted + failed + limited;
  if (attempts < settings.circuitAttemptsMin || failing * 100 < attempts * settings.circuitFailurePercent)
    return undefined;
  return { state: "open", since: now, pauseMs: settings.circuitPauseMs };
}

/**
 * One answer decides: a failure opens it for longer, anything else closes it; a 429 is an answer of a
 * destination that lives.
 */
function afterProbes(
  circuit: Circuit,
  { accepted, failed, limited }: { accepted: number; failed: number; limited: number },
  now: number,
  settings: CircuitSettings,
): Circuit | undefined {
  if (failed > 0)
    return {
      state: "open",
      since: now,
      pauseMs: Math.min(circuit.pauseMs * PAUSE_FACTOR, settings.circuitPauseMaxMs),
    };
  return accepted + limited > 0 ? undefined : circuit;
}

/** An open circuit whose pause is over lets probes through; any other stays as it is. */
export function openProbes(circuit: Circuit | undefined, now: number): Circuit | undefined {
  if (circuit?.state !== "open" || now < circuit.since + circuit.pauseMs) return circuit;
  return { ...circuit, state: "half-open", since: now };
}
