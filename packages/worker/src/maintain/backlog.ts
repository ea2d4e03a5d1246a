// What lies in own lanes, summed up by kind: there may be thousands of them, so Redis sums and one number comes back.

import type { Shard } from "@postrider/redis/shard";
import { OWN_LANE_KINDS, type OwnLaneKind } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";

/** Lanes that one script looks at, so that Redis is held up for a millisecond or two at most. */
const LANES_MAX = 500;

/** Input: KEYS per lane BullMQ's wait, delayed. Output: {waiting, delayed} of all. */
const SUM = `
local waiting, delayed = 0, 0
for i = 1, #KEYS, 2 do
  waiting = waiting + redis.call("LLEN", KEYS[i])
  delayed = delayed + redis.call("ZCARD", KEYS[i + 1])
end
return {waiting, delayed}
`;

export interface KindBacklog {
  readonly waiting: number;
  readonly delayed: number;
}

/** Reads how many deliveries wait in all own lanes of each kind. */
export async function readKindBacklogs(
  shard: Shard,
  entries: readonly OwnLane[],
): Promise<ReadonlyMap<OwnLaneKind, KindBacklog>> {
  const sums = new Map<OwnLaneKind, KindBacklog>();
  for (const kind of OWN_LANE_KINDS) {
    const lanes = entries.filter((entry) => entry.kind === kind).map(({ lane }) => lane);
    let sum: KindBacklog = { waiting: 0, delayed: 0 };
    for (let from = 0; from < lanes.length; from += LANES_MAX) {
      const names = lanes
        .slice(from, from + LANES_MAX)
        .flatMap((lane) => [shard.keys.ofLane(lane, "wait"), shard.keys.ofLane(lane, "delayed")]);
      const [waiting = 0, delayed = 0] = (await shard.redis.eval(SUM, names.length, ...names)) as number[];
      sum = { waiting: sum.waiting + waiting, delayed: sum.delayed + delayed };
    }
    sums.set(kind, sum);
  }
  return sums;
}
