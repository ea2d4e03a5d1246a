// The count, shared by all workers, of what was met at a destination. Only those that fail are counted in
// Redis: a healthy one costs nothing.

import type { Shard } from "@postrider/redis/shard";
import { type CountsBySecond, parseCounts } from "./counts-by-second.ts";

/** Longer than any window that is looked at. */
const KEPT_SECONDS = 900;
/** More fields (three a second) than any window needs; the rest of an old hash goes. */
const FIELDS_MAX = 3_000;

/**
 * Destinations that all workers are asked about at once; beyond it the share of the others is that of the
 * workers that met failures.
 */
const FAILING_MAX = 1_000;

/**
 * Adds what was met, by second, and makes the destination a failing one for a window when a failure or a
 * refusal is among it.
 * Input: KEYS hash, failing ones; ARGV lane, seconds kept, fields kept, seconds that are read, then second,
 * accepted, failed, limited, …
 * Output: {now in ms, failing since, field, count, …}. Seconds are of Redis' clock; one in the future is the
 * present.
 */
const COUNT = `
local time = redis.call("TIME")
local second = tonumber(time[1])
local now = second * 1000 + math.floor(tonumber(time[2]) / 1000)
local window = tonumber(ARGV[4])
local isFailing = false
for i = 5, #ARGV, 4 do
  local at = math.min(tonumber(ARGV[i]), second)
  for offset, kind in ipairs({"a", "f", "l"}) do
    if ARGV[i + offset] ~= "0" and at >= second - window then
      redis.call("HINCRBY", KEYS[1], at .. ":" .. kind, ARGV[i + offset])
      isFailing = isFailing or kind ~= "a"
    end
  end
end
redis.call("EXPIRE", KEYS[1], ARGV[2])
redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", now - window * 1000)
if isFailing then
  redis.call("ZADD", KEYS[2], "NX", now, ARGV[1])
  redis.call("EXPIRE", KEYS[2], window)
end
local fields = redis.call("HGETALL", KEYS[1])
local read = {now, tonumber(redis.call("ZSCORE", KEYS[2], ARGV[1]) or now)}
local isFull = #fields / 2 > tonumber(ARGV[3])
for i = 1, #fields, 2 do
  local at = tonumber(string.match(fields[i], "^%d+"))
  if at >= second - window then
    read[#read + 1] = fields[i]
    read[#read + 1] = fields[i + 1]
  elseif isFull then
    redis.call("HDEL", KEYS[1], fields[i])
  end
end
return read
`;

/**
 * Input: KEYS hash, failing ones, own lanes; ARGV lane. While probes are on their way nothing is forgotten:
 * another worker's look at the registry is older than their answers.
 */
const FORGET = `
local entry = redis.call("HGET", KEYS[3], ARGV[1])
local circuit = entry and cjson.decode(string.match(entry, " (.*)$")).circuit
if circuit and circuit.state == "half-open" then return 0 end
redis.call("ZREM", KEYS[2], ARGV[1])
return redis.call("DEL", KEYS[1])
`;

export interface FailureWindow {
  /**
   * Adds what this worker met, and tells what all of them met lately; `now` and `failingSince` are Unix ms
   * of Redis' clock.
   */
  count(
    lane: string,
    met: CountsBySecond,
  ): Promise<{ now: number; failingSince: number; counts: CountsBySecond }>;
  /**
   * The lanes of destinations that failed in the last window: every worker reports what it met there.
   */
  failing(): Promise<ReadonlySet<string>>;
  /**
   * Forgets what was met, as when a circuit has changed and old failures must not count for the new state.
   */
  forget(lane: string): Promise<void>;
}

export function createFailureWindow(shard: Shard, windowMs: number): FailureWindow {
  return {
    async count(lane, met) {
      const seconds = Math.ceil(windowMs / 1_000);
      const added = [...met].flatMap(([second, { accepted, failed, limited }]) => [
        second,
        accepted,
        failed,
        limited,
      ]);
      const [now, failingSince, ...fields] = (await shard.redis.eval(
        COUNT,
        2,
        shard.keys.failures(lane),
        shard.keys.failing(),
        lane,
        KEPT_SECONDS,
        FIELDS_MAX,
        seconds,
        ...added,
      )) as [number, number, ...string[]];
      return { now, failingSince, counts: parseCounts(fields) };
    },
    async failing() {
      return new Set(await shard.redis.zrevrange(shard.keys.failing(), 0, FAILING_MAX - 1));
    },
    async forget(lane) {
      await shard.redis.eval(
        FORGET,
        3,
        shard.keys.failures(lane),
        shard.keys.failing(),
        shard.keys.ownLanes(),
        lane,
      );
    },
  };
}
