// Sets a small key also where Redis is at maxmemory: what is left there for the workers is for this, too.
// Leases and figures are worth the most just then.

import type { RedisClient } from "../home-cluster.ts";

/**
 * Redis at maxmemory refuses what takes memory, but not in a script that has begun to write. The key that it
 * deletes exists nowhere.
 * Input: KEYS key; ARGV value, ms to live, 1 if it must not be there yet. Output: 1 when set.
 */
const SET = `
redis.call("DEL", KEYS[1] .. ":none")
if ARGV[3] == "1" and redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1
`;

export interface SetOptions {
  /** How long it lives. */
  readonly ms: number;
  /** Only where it is not there yet. */
  readonly isNew?: boolean;
}

/** @returns whether it was set. */
export async function setWhenFull(
  redis: RedisClient,
  key: string,
  value: string,
  { ms, isNew = false }: SetOptions,
): Promise<boolean> {
  return (await redis.eval(SET, 1, key, value, Math.max(1, Math.floor(ms)), isNew ? 1 : 0)) === 1;
}
