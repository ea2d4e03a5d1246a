// TAKE: the moments at which a lane with a rate may send its next requests, by Redis' clock, so that all
// workers together keep the rate.

import type { PartPhase } from "@postrider/shared/rate-part";
import type { Shard } from "../shard.ts";

/**
 * Gives the next free moments, as far as they are not too far off. A rate that was far lower, or a clock that
 * was set back, must not hold all up. Where several shards share a rate, time itself is parted: the moments
 * of the rate are counted from 1970, by clocks that agree, and each shard has a part of them (rate-part.ts).
 * Input: KEYS the next one (µs), BullMQ's limiter; ARGV how many, interval, the furthest off, ahead, the
 * longest hold, the least between two of this shard's (all µs); where it is parted, since when each part is
 * in force (µs), and what it is: of, from, to, stride. Output: µs from now on, of each; -1 for one that is
 * too far off, and was not taken.
 */
const TAKE = `
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval, far, ahead, longest = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local spacing = tonumber(ARGV[6])
local phases = {}
for i = 7, #ARGV do phases[i - 6] = tonumber(ARGV[i]) end
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
stored = math.max(now, stored)
local offs, furthest, isFull = {}, 0, false
for turn = 1, tonumber(ARGV[1]) do
  offs[turn] = -1
  -- What one is refused, those after it are, too.
  if not isFull then
    local moment, isFree = stored, true
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
    furthest = math.max(furthest, off)
    isFull = off > far or not isFree
    if not isFull then stored, offs[turn] = moment + spacing, off end
  end
end
if furthest > ahead then
  local hold = math.ceil(math.min(furthest - ahead / 2, longest) / 1000)
  if redis.call("PTTL", KEYS[2]) < hold then redis.call("SET", KEYS[2], 2^53 - 1, "PX", hold) end
end
redis.call("SET", KEYS[1], string.format("%.0f", stored), "PX", math.ceil((stored - now) / 1000) + 1000)
return offs
`;

type TakeCommand = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number[]>;

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

/** @returns for each of so many ms from now on to its moment; null where that is too far off to be taken. */
export type TakeTurns = (lane: string, pace: Pace, count: number) => Promise<(number | null)[]>;

export function createTakeTurns(
  { redis, keys }: Shard,
  { farMs, aheadMs, holdMsMax }: TurnLimits,
): TakeTurns {
  redis.defineCommand("postriderTakeTurns", { lua: TAKE });
  const { postriderTakeTurns } = redis as unknown as { postriderTakeTurns: TakeCommand };
  return async (lane, { intervalMs, spacingMs, phases }, count) => {
    const names = [keys.nextRequest(lane), keys.ofLane(lane, "limiter")];
    const times = [intervalMs, farMs, aheadMs, holdMsMax, spacingMs].map((ms) => ms * 1_000);
    const parted = phases.flatMap(({ at, part: { of, from, to, stride } }) => [
      at * 1_000,
      of,
      from,
      to,
      stride,
    ]);
    const offs = await postriderTakeTurns.call(redis, names.length, ...names, count, ...times, ...parted);
    return offs.map((off) => (off < 0 ? null : off / 1_000));
  };
}
