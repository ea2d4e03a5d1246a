// Which own lanes have something to do, and when: asked twice a second by every worker process, for thousands
// of lanes that mostly have nothing.

import { DELAY_UNIT } from "./counts.ts";
import type { Shard } from "./shard.ts";

/** Lanes that one script looks at, so that Redis is held up for a millisecond at most. */
const LANES_AT_ONCE = 500;
/** How far the clocks that processes reckon with may be behind Redis' own. */
const CLOCKS_APART_MS = 1_000;

/**
 * Lanes are told by name and their keys made here: names alone are an eighth of the bytes. What is in flight
 * is work, too, since its worker may have died.
 * Input: KEYS the arrivals, which is in the slot of all others; ARGV prefix, lanes. Output: of each lane with
 * deliveries its number, from 1, and when the first is due in Unix ms; 0: now.
 */
const FIND_DUE = `
local found = {}
for i = 2, #ARGV do
  local lane = ARGV[1] .. ":" .. ARGV[i] .. ":"
  if redis.call("EXISTS", lane .. "wait", lane .. "active", lane .. "paused", lane .. "prioritized") > 0 then
    found[#found + 1] = i - 1
    found[#found + 1] = 0
  else
    local first = redis.call("ZRANGE", lane .. "delayed", 0, 0, "WITHSCORES")[2]
    if first then
      found[#found + 1] = i - 1
      found[#found + 1] = math.floor(tonumber(first) / ${DELAY_UNIT})
    end
  end
end
return found
`;

type FindDue = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number[]>;

export interface LaneWork {
  /** When the first delivery of each lane is due, in Unix ms; 0: now. Without those that have none. */
  findDue(lanes: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * The lanes into which something came, while nothing waited there, since that moment; some that it came
   * into a little earlier, too. @param since Unix ms by Redis' clock, not longer ago than ARRIVALS_KEPT_MS.
   */
  readArrivals(since: number): Promise<string[]>;
}

export function createLaneWork({ redis, keys }: Shard): LaneWork {
  redis.defineCommand("postriderFindDue", { lua: FIND_DUE });
  const { postriderFindDue } = redis as unknown as { postriderFindDue: FindDue };
  return {
    async findDue(lanes) {
      const due = new Map<string, number>();
      for (let from = 0; from < lanes.length; from += LANES_AT_ONCE) {
        const some = lanes.slice(from, from + LANES_AT_ONCE);
        const found = await postriderFindDue.call(redis, 1, keys.ownLaneArrivals(), keys.prefix, ...some);
        for (let at = 0; at < found.length; at += 2)
          due.set(some[(found[at] ?? 0) - 1] ?? "", found[at + 1] ?? 0);
      }
      return due;
    },
    readArrivals: (since) => redis.zrangebyscore(keys.ownLaneArrivals(), since - CLOCKS_APART_MS, "+inf"),
  };
}
