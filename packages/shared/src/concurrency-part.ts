// A limit of requests in flight that several shards keep together: each has a part of it, in whole numbers.

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
 * How many a shard may have in flight: none of which nothing was said. Of a limit that was lowered it is as
 * much less, until it is shared out again. @param shards how many share the limit. Pure.
 */
export function concurrencyIn(total: number, known: ConcurrencyPart | undefined, shards: number): number {
  if (shards === 1) return total;
  if (known?.shards !== shards) return 0;
  return total < known.of ? Math.floor((known.size * total) / known.of) : known.size;
}
