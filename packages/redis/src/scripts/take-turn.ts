// TAKE: the moment at which a lane with a rate may send its next request, by Redis' clock, so that all
// workers together keep the rate.

import type { Shard } from "../shard.ts";

/**
 * Gives the next free moment, unless it is too far off. A rate that was far lower, or a clock that was set
 * back, must not hold all up.
 * Input: KEYS the next one (µs), BullMQ's limiter; ARGV interval, the furthest off, ahead, the longest hold
 * (all µs).
 * Output: µs from now on; -1 where it is too far off, and none was taken.
 */
const TAKE = `
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval, far, ahead, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local stored = tonumber(redis.call("GET", KEYS[1]) or 0)
-- Nobody has taken one that far off at this rate.
if stored > now + far + interval then stored = now + interval end
local moment = math.max(now, stored)
local off = moment - now
if off > ahead then
  local hold = math.ceil(math.min(off - ahead / 2, longest) / 1000)
  if redis.call("PTTL", KEYS[2]) < hold then redis.call("SET", KEYS[2], 2^53 - 1, "PX", hold) end
end
local isTaken = off <= far
local next = isTaken and moment + interval or moment
redis.call("SET", KEYS[1], string.format("%.0f", next), "PX", math.ceil((next - now) / 1000) + 1000)
return isTaken and off or -1
`;

type TakeCommand = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number>;

export interface TurnLimits {
  /** How far off a moment may be that is taken. */
  readonly farMs: number;
  /** How far ahead moments are given before BullMQ's own limiter holds the lane. */
  readonly aheadMs: number;
  /** How long that holds it at most. */
  readonly holdMsMax: number;
}

/** @returns ms from now on to the moment that was taken; null where it is too far off, and none was. */
export function createTakeTurn(
  { redis, keys }: Shard,
  { farMs, aheadMs, holdMsMax }: TurnLimits,
): (lane: string, intervalMs: number) => Promise<number | null> {
  redis.defineCommand("postriderTakeTurn", { lua: TAKE });
  const { postriderTakeTurn } = redis as unknown as { postriderTakeTurn: TakeCommand };
  return async (lane, intervalMs) => {
    const names = [keys.nextRequest(lane), keys.ofLane(lane, "limiter")];
    const times = [intervalMs, farMs, aheadMs, holdMsMax].map((ms) => ms * 1_000);
    const off = await postriderTakeTurn.call(redis, names.length, ...names, ...times);
    return off < 0 ? null : off / 1_000;
  };
}
