// Which own lanes have anything to do: only these take up room and slots of a process. Thousands of
// destinations may have limits, and few of them traffic.

import { countLanes } from "@postrider/redis/counts";
import type { Shard } from "@postrider/redis/shard";

/** A lane with pauses between its deliveries is not given up and taken up again each time. */
const IDLE_MS = 5_000;
/** What becomes due until the next look and the one after it. */
const SOON_MS = 1_000;
export interface Work {
  /** Those of the lanes that have work now, or had it a moment ago. */
  find(lanes: readonly string[], now: number): Promise<string[]>;
}

export function createWork(shard: Shard): Work {
  let workedAt = new Map<string, number>();
  return {
    async find(lanes, now) {
      const working = await findWorking(shard, lanes, now + SOON_MS);
      const times = lanes.map((lane) => [lane, working.has(lane) ? now : workedAt.get(lane)] as const);
      workedAt = new Map(times.filter((time) => hasWorkedLately(time, now)));
      return [...workedAt.keys()];
    },
  };
}

function hasWorkedLately(time: readonly [string, number | undefined], now: number): time is [string, number] {
  return time[1] !== undefined && now - time[1] < IDLE_MS;
}

/** What is in flight is work, too: its worker may have died. */
async function findWorking(
  shard: Shard,
  lanes: readonly string[],
  dueAt: number,
): Promise<ReadonlySet<string>> {
  const counts = await countLanes(shard, lanes, dueAt);
  const working = [...counts].filter(([, { waiting, due, inFlight }]) => waiting + due + inFlight > 0);
  return new Set(working.map(([lane]) => lane));
}
