// The count, shared by all workers, of what was met at a destination. Only destinations in trouble are counted in Redis: a healthy
// one costs nothing.

import { keys } from "@postrider/shared/lanes";
import type { Redis } from "ioredis";
import { type Met, parseTally, type Tally } from "./tally.ts";

/** Longer than any window that is looked at. */
const KEPT_SECONDS = 900;
/** So many fields (three a second) are more than any window needs; the rest of an old hash goes. */
const FIELDS_MAX = 3_000;

/**
 * Adds to the present second of Redis' clock.
 * Input: KEYS hash; ARGV accepted, failed, limited, seconds kept, fields kept, seconds that are read. Output: {now in ms, field, count, …}.
 */
const COUNT = `
local time = redis.call("TIME")
local second = tonumber(time[1])
for i, kind in ipairs({"a", "f", "l"}) do
  if ARGV[i] ~= "0" then redis.call("HINCRBY", KEYS[1], second .. ":" .. kind, ARGV[i]) end
end
redis.call("EXPIRE", KEYS[1], ARGV[4])
local fields = redis.call("HGETALL", KEYS[1])
local read = {second * 1000 + math.floor(tonumber(time[2]) / 1000)}
local isFull = #fields / 2 > tonumber(ARGV[5])
for i = 1, #fields, 2 do
  local at = tonumber(string.match(fields[i], "^%d+"))
  if at >= second - tonumber(ARGV[6]) then
    read[#read + 1] = fields[i]
    read[#read + 1] = fields[i + 1]
  elseif isFull then
    redis.call("HDEL", KEYS[1], fields[i])
  end
end
return read
`;

export interface Trouble {
  /** Adds what this worker met, and tells what all of them met lately; `now` is Redis' clock in Unix ms. */
  count(lane: string, met: Met): Promise<{ now: number; tally: Tally }>;
  /** Forgets what was met, as when a circuit has changed and old failures must not count for the new state. */
  forget(lane: string): Promise<void>;
}

export function createTrouble(redis: Redis, windowMs: number): Trouble {
  return {
    async count(lane, { accepted, failed, limited }) {
      const seconds = Math.ceil(windowMs / 1_000);
      const [now, ...fields] = (await redis.eval(
        COUNT,
        1,
        keys.trouble(lane),
        accepted,
        failed,
        limited,
        KEPT_SECONDS,
        FIELDS_MAX,
        seconds,
      )) as [number, ...string[]];
      return { now, tally: parseTally(fields) };
    },
    async forget(lane) {
      await redis.del(keys.trouble(lane));
    },
  };
}
