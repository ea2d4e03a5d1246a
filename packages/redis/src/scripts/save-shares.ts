// SAY: says how the shards share what destinations grant, for as long as the turn to say it is the caller's.

import type { Store } from "../shard.ts";

/**
 * Whoever stood still between its reading and this would say what follows from parts that are in force no
 * more, or from a moment that the shards hear of too late: a turn ends by Redis' clock, and only its holder
 * is heard. What it deletes exists nowhere: a script that has begun to write goes on at maxmemory.
 * Input: KEYS turn, the parts; ARGV the holder of the turn, the document, ms to live. Output: 1 when said.
 */
const SAY = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("DEL", KEYS[2] .. ":none")
redis.call("SET", KEYS[2], ARGV[2], "PX", ARGV[3])
return 1
`;

/** @param holder what the turn's key holds while it is the caller's. @returns whether it was said. */
export async function saveShares(
  { redis, keys }: Store,
  { holder, text, ms }: { readonly holder: string; readonly text: string; readonly ms: number },
): Promise<boolean> {
  return (await redis.eval(SAY, 2, keys.rateSharesTurn(), keys.rateShares(), holder, text, ms)) === 1;
}
