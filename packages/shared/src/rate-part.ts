// Which of a rate's moments are one shard's, where several keep the rate together. The moments are counted
// from 1970, one interval apart, so that all know them without asking each other. Pure.

/**
 * Of every `of` moments, put into an order of their own by `stride`, those whose places are from `from` up to
 * `to`. The stride has no divisor in common with `of`.
 */
export interface RatePart {
  readonly of: number;
  readonly from: number;
  /** Not included. */
  readonly to: number;
  readonly stride: number;
}

/** All moments. */
export const WHOLE: RatePart = { of: 1, from: 0, to: 1, stride: 1 };

/** Every so-manieth. @param place from 0. */
export function toEvenPart(count: number, place: number): RatePart {
  return { of: count, from: place, to: place + 1, stride: 1 };
}

/** So that what a part has of the moments lies evenly among them (three-distance theorem). */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Parts of these sizes, in whole numbers, which have all moments together and none in common. */
export function toParts(sizes: readonly number[]): RatePart[] {
  const of = sizes.reduce((sum, size) => sum + size, 0);
  let stride = Math.max(1, Math.round(of * GOLDEN));
  while (hasCommonDivisor(stride, of)) stride += 1;
  let from = 0;
  return sizes.map((size) => {
    const part = { of, from, to: from + size, stride };
    from += size;
    return part;
  });
}

function hasCommonDivisor(one: number, other: number): boolean {
  let [a, b] = [one, other];
  while (b > 0) [a, b] = [b, a % b];
  return a > 1;
}

/** A shard's part of a rate for a time, by what waits in each; besides, each has an even one. */
export interface RateShare {
  /** Unix ms when it begins: all know it by then. */
  readonly at: number;
  /** Unix ms when it ends, unless it is renewed. */
  readonly until: number;
  readonly part: RatePart;
  /** What was in force before it; null: an even part. */
  readonly before: RatePart | null;
  /** How many shards there were: with another number nothing of it holds. */
  readonly shards: number;
}

/** A part, and since when it is in force, in Unix ms. */
export interface PartPhase {
  readonly at: number;
  readonly part: RatePart;
}

/** The parts of a shard, one after the other; the first is in force before all of them. */
export function toPhases(share: RateShare | undefined, even: RatePart): PartPhase[] {
  const begin = { at: 0, part: even };
  if (share === undefined || share.shards !== even.of) return [begin];
  const { at, until, part, before } = share;
  return [
    { at: 0, part: before ?? even },
    { at, part },
    { at: until, part: even },
  ];
}
