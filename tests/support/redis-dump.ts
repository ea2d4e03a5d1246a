// Everything that a test file has in Redis, as one text to search.

import { openRedis } from "./open-redis.ts";
import { findKeys } from "./redis-keys.ts";

/** Names and values of the file's keys, of whatever type. */
export async function dumpRedis(url: string): Promise<string> {
  const redis = openRedis(url);
  const parts: string[] = [];
  for (const key of await findKeys(redis)) {
    const type = await redis.type(key);
    const read: Record<string, () => Promise<unknown>> = {
      string: () => redis.get(key),
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, "0", "-1"),
      stream: () => redis.xrange(key, "-", "+"),
    };
    // It has run out since it was listed.
    if (type === "none") continue;
    const value = await read[type]?.();
    if (value === undefined) throw new Error(`${key} is a ${type}`);
    parts.push(`${key} ${JSON.stringify(value)}`);
  }
  redis.disconnect();
  return parts.join("\n");
}
