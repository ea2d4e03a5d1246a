// What all workers met at one destination, second by second. Pure.

/** `accepted`: an answer that is no trouble of the destination's, whatever it says. `limited`: 429. */
export interface Counts {
  readonly accepted: number;
  readonly failed: number;
  readonly limited: number;
}

/** By Unix second of Redis' own clock, so that a worker's clock that is wrong does no harm. */
export type CountsBySecond = ReadonlyMap<number, Counts>;

const KINDS = { a: "accepted", f: "failed", l: "limited" } as const;

/** From the hash that workers count in: `<second>:<kind>` → count. */
export function parseCounts(fields: readonly string[]): CountsBySecond {
  const counts = new Map<number, { accepted: number; failed: number; limited: number }>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [second, kind] = (fields[index] ?? "").split(":");
    const met = counts.get(Number(second)) ?? { accepted: 0, failed: 0, limited: 0 };
    counts.set(Number(second), met);
    met[KINDS[kind as keyof typeof KINDS]] += Number(fields[index + 1]);
  }
  return counts;
}

/** Everything from a time on (Unix ms). */
export function total(counts: CountsBySecond, sinceMs: number): Counts {
  const sum = { accepted: 0, failed: 0, limited: 0 };
  const from = Math.floor(sinceMs / 1_000);
  for (const [second, met] of counts) {
    if (second < from) continue;
    sum.accepted += met.accepted;
    sum.failed += met.failed;
    sum.limited += met.limited;
  }
  return sum;
}
