// When each delivery of a load is due: at a fixed rate, whatever becomes of the ones before. Pure.

/** What an account of arrivals holds for each is some ten bytes, twice over. */
export const DELIVERIES_MAX = 10_000_000;

export interface LoadSchedule {
  readonly ratePerSecond: number;
  readonly count: number;
  /** When a delivery is due, by its place from 0: ms from the beginning. */
  dueAt(index: number): number;
  /** How many are due so many ms from the beginning. */
  dueBy(ms: number): number;
}

/** @param forMs how long deliveries come; the rate and it give at least one. */
export function createLoadSchedule(ratePerSecond: number, forMs: number): LoadSchedule {
  const count = Math.max(1, Math.round((ratePerSecond * forMs) / 1_000));
  const dueAt = (index: number): number => (index * 1_000) / ratePerSecond;
  return {
    ratePerSecond,
    count,
    dueAt,
    dueBy: (ms) => (ms < 0 ? 0 : Math.min(count, Math.floor((ms * ratePerSecond) / 1_000) + 1)),
  };
}
