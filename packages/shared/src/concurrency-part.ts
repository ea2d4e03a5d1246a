// A limit of requests in flight that several shards keep together: each has a part of it, in whole numbers,
// and the parts are the limit together. Pure.

import type { RatePart } from "./rate-part.ts";

/** A shard's part, as it was said last. */
export interface ConcurrencyPart {
  readonly size: number;
  /** The limit that it is a part of. */
  readonly of: number;
  /** Unix ms when it was said: what was said before it comes too late. */
  readonly version: number;
  /** How many shards there were: with another number it does not hold. */
  readonly shards: number;
}

/**
 * The part of a shard of which nothing was said. The last ones have none where there are more shards than
 * requests.
 */
export function evenConcurrency(total: number, { of, from, to }: RatePart): number {
  const before = (place: number): number => total - Math.floor((total * (of - place)) / of);
  return before(to) - before(from);
}

/**
 * How many a shard may have in flight. Of a limit that was lowered nobody has more than an even part, until
 * it is shared out again. @param even its even part.
 */
export function concurrencyIn(total: number, known: ConcurrencyPart | undefined, even: RatePart): number {
  if (even.of === 1) return total;
  const evenSize = evenConcurrency(total, even);
  if (known?.shards !== even.of) return evenSize;
  return total < known.of ? Math.min(known.size, evenSize) : known.size;
}
