// TAKE: the moment at which a lane with a rate may send its next request, by Redis' clock, so that all
// workers together keep the rate.

import type { PartPhase } from "@postrider/shared/rate-part";
import type { Shard } from "../shard.ts";

/**
 * Gives the next free moment, unless it is too far off. A rate that was far lower, or a clock that was set
 * back, must not hold all up. Where several shards share a rate, time itself is parted: the moments of the
 * rate are counted from 1970, by clocks that agree, and each shard has a part of them (rate-part.ts). Input:
 * KEYS the next one (µs), BullMQ's limiter; ARGV interval, the furthest off, ahead, the longest hold, the
 * least between two of this shard's (all µs); where it is parted, since when each part is in force (µs), and
 * what it is: of, from, to, stride. Output: µs from now on; -1 where it is too far off, and none was taken.
 */
const TAKE = `
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval, far, ahead, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local spacing = tonumber(ARGV[5])
local phases = {}
for i = 6, #ARGV do phases[i - 5] = tonumber(ARGV[i]) end
local function isOurs(nth)
  local at = #phases - 4
  while at > 1 and nth * interval < phases[at] do at = at - 5 end
  local of = phases[at + 1]
  local place = (nth % of) * phases[at + 4] % of
  return place >= phases[at + 2] and place < phases[at + 3]
end
local stored = tonumber(redis.call("GET", KEYS[1]) or 0)
-- Nobody has taken one that far off at this rate.
if stored > now + far + spacing then stored = now + spacing end
local moment = math.max(now, stored)
local isFree = true
if #phases > 0 then
  local nth = math.ceil(moment / interval)
  isFree = isOurs(nth)
  while not isFree and nth * interval <= now + far do
    nth = nth + 1
    isFree = isOurs(nth)
  end
  moment = nth * interval
end
local off = moment - now
if off > ahead then
  local hold = math.ceil(math.min(off - ahead / 2, longest) / 1000)
  if redis.call("PTTL", KEYS[2]) < hold then redis.call("SET", KEYS[2], 2^53 - 1, "PX", hold) end
end
local isTaken = off <= far and isFree
local next = isTaken and moment + spacing or math.max(now, stored)
redis.call("SET", KEYS[1], string.format("%.0f", next), "PX", math.ceil((next - now) / 1000) + 1000)
return isTaken and off or -1
`;

type TakeCommand = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number>;

/** How a lane's requests are kept apart. */
export interface Pace {
  /** Between two requests of all that share the rate. */
  readonly intervalMs: number;
  /** Between two of this shard at least. */
  readonly spacingMs: number;
  /** This shard's parts of the moments, one after the other; none: it has all of them. */
  readonly phases: readonly PartPhase[];
}

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
): (lane: string, pace: Pace) => Promise<number | null> {
  redis.defineCommand("postriderTakeTurn", { lua: TAKE });
  const { postriderTakeTurn } = redis as unknown as { postriderTakeTurn: TakeCommand };
  return async (lane, { intervalMs, spacingMs, phases }) => {
    const names = [keys.nextRequest(lane), keys.ofLane(lane, "limiter")];
    const times = [intervalMs, farMs, aheadMs, holdMsMax].map((ms) => ms * 1_000);
    const parted = phases.flatMap(({ at, part: { of, from, to, stride } }) => [
      at * 1_000,
      of,
      from,
      to,
      stride,
    ]);
    const off = await postriderTakeTurn.call(
      redis,
      names.length,
      ...names,
      ...times,
      spacingMs * 1_000,
      ...parted,
    );
    return off < 0 ? null : off / 1_000;
  };
}
