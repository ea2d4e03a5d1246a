// What lies in own lanes, summed up by kind: there may be thousands of them.

import { countLanes } from "@postrider/redis/counts";
import type { Shard } from "@postrider/redis/shard";
import { OWN_LANE_KINDS, type OwnLaneKind } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";

export interface KindBacklog {
  readonly waiting: number;
  readonly delayed: number;
}

/** Reads how many deliveries wait in all own lanes of each kind. */
export async function readKindBacklogs(
  shard: Shard,
  entries: readonly OwnLane[],
): Promise<ReadonlyMap<OwnLaneKind, KindBacklog>> {
  const kinds = new Map(entries.map(({ lane, kind }) => [lane, kind]));
  const sums = new Map<OwnLaneKind, KindBacklog>(
    OWN_LANE_KINDS.map((kind) => [kind, { waiting: 0, delayed: 0 }]),
  );
  for (const [lane, { waiting, delayed }] of await countLanes(shard, [...kinds.keys()])) {
    const kind = kinds.get(lane);
    const sum = kind && sums.get(kind);
    if (sum !== undefined)
      sums.set(kind as OwnLaneKind, { waiting: sum.waiting + waiting, delayed: sum.delayed + delayed });
  }
  return sums;
}
