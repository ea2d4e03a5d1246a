// Chance that a seed decides, and what comes by chance.

import { setTimeout } from "node:timers/promises";

export type Random = () => number;

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Longer than the time between two audits, and than a lane must be there to be dissolved by one. */
export const REST_MS_MAX = 25_000;

/** Customers as an export hands them over: some at once, and then nothing for a while. */
export async function* slowly<T>(items: readonly T[], random: Random): AsyncGenerator<T> {
  for (const [nth, item] of items.entries()) {
    if (nth % 250 === 249) await setTimeout(random() ** 3 * REST_MS_MAX);
    yield item;
  }
}
