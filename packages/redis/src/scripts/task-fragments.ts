// What the scripts about tasks share. One clock, Redis' own, since those who hand tasks on to each other have
// no other in common.

/** How long an ended task stays readable: 7 days. */
const KEPT_SECONDS = 7 * 24 * 3_600;

/** `now`: Unix ms. */
export const CLOCK = `
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;

/** `endTask(key, open, untold, id, state, at)`: nobody carries it out any more; its end is to be told. */
export const END_TASK = `
local function endTask(key, open, untold, id, state, at)
  redis.call("HSET", key, "state", state, "endedAt", at)
  redis.call("HDEL", key, "holder", "heldUntil", "nextAt")
  redis.call("EXPIRE", key, ${KEPT_SECONDS})
  redis.call("ZREM", open, id)
  redis.call("ZADD", untold, at, id)
end
`;
