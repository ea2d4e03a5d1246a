// Deliveries that are nowhere, counted from Redis' keys alone: what the audit says is held against it.

import type { Redis } from "ioredis";
import { shardKeys } from "../support/keys.ts";

/**
 * Input: KEYS totals; ARGV prefix of the shard. Output: accepted deliveries that have not ended and lie in no
 * lane.
 */
const COUNT_MISSING = `
local lanes = {}
for _, key in ipairs(redis.call("KEYS", ARGV[1] .. ":*:meta")) do lanes[string.sub(key, 1, -6)] = true end
for _, kind in ipairs({"wait", "active", "delayed"}) do
  for _, key in ipairs(redis.call("KEYS", ARGV[1] .. ":*:" .. kind)) do lanes[string.sub(key, 1, -2 - #kind)] = true end
end
local present = 0
for lane in pairs(lanes) do
  present = present + redis.call("LLEN", lane .. ":wait") + redis.call("LLEN", lane .. ":active") + redis.call("ZCARD", lane .. ":delayed")
end
local totals = redis.call("HMGET", KEYS[1], "enqueued", "ended")
return math.max(0, tonumber(totals[1] or 0) - tonumber(totals[2] or 0) - present)
`;

/** Accepted deliveries that have not ended and lie in no lane, all of one moment. */
export async function countMissing(redis: Redis): Promise<number> {
  return (await redis.eval(COUNT_MISSING, 1, shardKeys.totals(), shardKeys.prefix)) as number;
}
