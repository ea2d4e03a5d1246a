// A destination's moments, as each shard takes them without asking the others: the arithmetic of the script
// TAKE (redis/src/scripts/take-turn.ts), which Redis runs, with what it reads from Redis' clock and keys
// handed in. Pure.

import type { ShardPart } from "@postrider/redis/shard-map";

/** @returns the shard's next moment that is not before `from`. All in µs. */
export function nextMoment(from: number, intervalMicros: number, { count, place }: ShardPart): number {
  if (count === 1) return from;
  const nth = Math.ceil(from / intervalMicros);
  // Lua's remainder is never negative.
  return (nth + ((((place - nth) % count) + count) % count)) * intervalMicros;
}
