// The account of a load: when each delivery's request came, measured from when it was due by the schedule,
// not from when there was time to enqueue it. Whatever is slow on the way, the generator itself included, so
// stands in the figures.

import type { LoadSchedule } from "./load-schedule.ts";

export interface ArrivalFigures {
  /** Deliveries whose request came and was accepted. */
  readonly arrived: number;
  /** Those of which none was. */
  readonly lost: number;
  /** Requests that came although one of the same delivery had been accepted. */
  readonly doubled: number;
  /** Requests that were answered with a failure, to be sent again. */
  readonly refused: number;
  /** From the time at which they were due to that of their first request; null where none came. */
  readonly dueToArrivalMs: Quantiles | null;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface Arrivals {
  /** A request came. @param at ms from the beginning. @returns whether it is to be accepted. */
  came(index: number, at: number): boolean;
  /** Deliveries whose request was accepted so far. */
  accepted(): number;
  figures(): ArrivalFigures;
}

export interface ArrivalsOptions {
  readonly schedule: LoadSchedule;
  /** Share of the requests that are answered with a failure. */
  readonly failures: number;
}

const ATTEMPTS_COUNTED_MAX = 255;

export function createArrivals({ schedule, failures }: ArrivalsOptions): Arrivals {
  const { count, dueAt } = schedule;
  const delays = new Float64Array(count).fill(Number.NaN);
  const attempts = new Uint8Array(count);
  const isAccepted = new Uint8Array(count);
  let accepted = 0;
  let doubled = 0;
  let refused = 0;
  return {
    came(index, at) {
      if (!(index >= 0 && index < count)) return true;
      const attempt = attempts[index] ?? 0;
      attempts[index] = Math.min(ATTEMPTS_COUNTED_MAX, attempt + 1);
      if (attempt === 0) delays[index] = Math.max(0, at - dueAt(index));
      if (isAccepted[index] === 1) {
        doubled += 1;
        return true;
      }
      if (chance(index, attempt) < failures) {
        refused += 1;
        return false;
      }
      isAccepted[index] = 1;
      accepted += 1;
      return true;
    },
    accepted: () => accepted,
    figures: () => ({
      arrived: accepted,
      lost: count - accepted,
      doubled,
      refused,
      dueToArrivalMs: toQuantiles(delays.filter((delay) => !Number.isNaN(delay))),
    }),
  };
}

/** Nearest ranks; null of nothing. @param values sorted in place. */
export function toQuantiles(values: Float64Array): Quantiles | null {
  if (values.length === 0) return null;
  values.sort();
  const at = (share: number): number => values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/**
 * A number in [0, 1) that is always the same for an attempt, so that two runs of a load fail alike: the
 * finalizer of MurmurHash3.
 */
function chance(index: number, attempt: number): number {
  let value = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(attempt + 1, 0x85ebca77);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return ((value ^ (value >>> 16)) >>> 0) / 2 ** 32;
}
