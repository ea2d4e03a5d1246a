// ARRIVAL: where something comes into an own lane in which nothing waits, that is noted, so that workers need
// not look into thousands of idle lanes to find it.

import type { Shard } from "../shard.ts";

/** A process that has not looked for longer looks at all lanes. */
export const ARRIVALS_KEPT_MS = 30_000;

/**
 * `noteArrival(arrivals, lane)`: by Redis' clock. A part of the step that puts something there: whoever looks
 * at what was noted finds it.
 */
export const NOTE_ARRIVAL = `
local function noteArrival(arrivals, lane)
  local time = redis.call("TIME")
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  -- First, so that Redis at maxmemory lets this through: it makes room.
  redis.call("ZREMRANGEBYSCORE", arrivals, "-inf", string.format("(%.0f", now - ${ARRIVALS_KEPT_MS}))
  redis.call("ZADD", arrivals, string.format("%.0f", now), lane)
  redis.call("PEXPIRE", arrivals, ${ARRIVALS_KEPT_MS})
end
`;

/** For a step of BullMQ's own that made something due in a lane; comes after it. */
export async function noteArrival({ redis, keys }: Shard, lane: string): Promise<void> {
  await redis.eval(`${NOTE_ARRIVAL} noteArrival(KEYS[1], ARGV[1])`, 1, keys.ownLaneArrivals(), lane);
}
