// A destination's moments, as each shard takes them without asking the others: the arithmetic of the script
// TAKE (redis/src/scripts/take-turn.ts), which Redis runs, with what it reads from Redis' clock and keys
// handed in. Pure.

import type { RatePart } from "@postrider/shared/rate-part";

/** @returns the shard's next moment that is not before `from`. All in µs. */
export function nextMoment(from: number, intervalMicros: number, part: RatePart): number {
  if (part.of === 1) return from;
  let nth = Math.ceil(from / intervalMicros);
  while (!isOurs(nth, part)) nth += 1;
  return nth * intervalMicros;
}

function isOurs(nth: number, { of, from, to, stride }: RatePart): boolean {
  const place = ((nth % of) * stride) % of;
  return place >= from && place < to;
}
