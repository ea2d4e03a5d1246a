// Which own lanes have anything to do: only these take up room and slots of a process. Thousands of destinations may have limits, and
// few of them traffic.

import type { Shard } from "@postrider/redis/shard";

/** A lane with pauses between its deliveries is not given up and taken up again each time. */
const IDLE_MS = 5_000;
/** What becomes due until the next look and the one after it. */
const SOON_MS = 1_000;
/** Lanes that one script looks at, so that Redis is held up for a millisecond or two at most. */
const LANES_MAX = 500;

/**
 * Input: KEYS per lane BullMQ's wait, active, prioritized, delayed; ARGV the highest score of a delayed one that counts as due.
 * Output: the numbers of the lanes with work, from 1. What is in flight is work, too: its worker may have died.
 */
const FIND = `
local found = {}
for i = 1, #KEYS, 4 do
  if redis.call("EXISTS", KEYS[i], KEYS[i + 1], KEYS[i + 2]) > 0 or redis.call("ZCOUNT", KEYS[i + 3], "-inf", ARGV[1]) > 0 then
    found[#found + 1] = (i + 3) / 4
  end
end
return found
`;
const PARTS = ["wait", "active", "prioritized", "delayed"];
/** BullMQ keeps a delayed job's time in ms above twelve bits of order. */
const DELAY_UNIT = 0x1000;

export interface Work {
  /** Those of the lanes that have work now, or had it a moment ago. */
  find(lanes: readonly string[], now: number): Promise<string[]>;
}

export function createWork(shard: Shard): Work {
  let workedAt = new Map<string, number>();
  return {
    async find(lanes, now) {
      const working = await findWorking(shard, lanes, (now + SOON_MS) * DELAY_UNIT);
      const times = lanes.map((lane) => [lane, working.has(lane) ? now : workedAt.get(lane)] as const);
      workedAt = new Map(times.filter((time) => hasWorkedLately(time, now)));
      return [...workedAt.keys()];
    },
  };
}

function hasWorkedLately(time: readonly [string, number | undefined], now: number): time is [string, number] {
  return time[1] !== undefined && now - time[1] < IDLE_MS;
}

async function findWorking(
  shard: Shard,
  lanes: readonly string[],
  due: number,
): Promise<ReadonlySet<string>> {
  const working = new Set<string>();
  for (let from = 0; from < lanes.length; from += LANES_MAX) {
    const names = lanes
      .slice(from, from + LANES_MAX)
      .flatMap((lane) => PARTS.map((name) => shard.keys.ofLane(lane, name)));
    const found = (await shard.redis.eval(FIND, names.length, ...names, due)) as number[];
    for (const number of found) working.add(lanes[from + number - 1] ?? "");
  }
  return working;
}
