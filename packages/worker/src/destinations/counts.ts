// What all workers met at one destination, second by second. Pure.

/** `accepted`: an answer that is no trouble of the destination's, whatever it says. `limited`: 429. */
export interface Met {
  readonly accepted: number;
  readonly failed: number;
  readonly limited: number;
}

/** By Unix second of Redis' own clock, so that a worker's clock that is wrong does no harm. */
export type Tally = ReadonlyMap<number, Met>;

const KINDS = { a: "accepted", f: "failed", l: "limited" } as const;

/** From the hash that workers count in: `<second>:<kind>` → count. */
export function parseTally(fields: readonly string[]): Tally {
  const tally = new Map<number, { accepted: number; failed: number; limited: number }>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [second, kind] = (fields[index] ?? "").split(":");
    const met = tally.get(Number(second)) ?? { accepted: 0, failed: 0, limited: 0 };
    tally.set(Number(second), met);
    met[KINDS[kind as keyof typeof KINDS]] += Number(fields[index + 1]);
  }
  return tally;
}

/** Everything from a time on (Unix ms). */
export function total(tally: Tally, sinceMs: number): Met {
  const sum = { accepted: 0, failed: 0, limited: 0 };
  const from = Math.floor(sinceMs / 1_000);
  for (const [second, met] of tally) {
    if (second < from) continue;
    sum.accepted += met.accepted;
    sum.failed += met.failed;
    sum.limited += met.limited;
  }
  return sum;
}
