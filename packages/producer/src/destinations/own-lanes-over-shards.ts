// The own lanes of several shards, as one list: the same destination, run or home may have one in each.

import { addFields, mergeByName } from "@postrider/shared/sums";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import type { OwnLaneShown, OwnLanes } from "./own-lanes.ts";

interface WithOwnLanes extends ShardPart {
  readonly ownLanes: OwnLanes;
}

export function ownLanesOver(over: OverShards<WithOwnLanes>): OwnLanes {
  return {
    async top(limit) {
      const all = await over.ask(({ ownLanes }) => ownLanes.top(limit));
      const circuits = new Map(all.flatMap((one) => one.openCircuits).map((one) => [one.origin, one]));
      return {
        lanes: addLanes(all.flatMap(({ lanes }) => lanes)).slice(0, limit),
        openCircuits: [...circuits.values()],
        total: Math.max(...all.map(({ total }) => total)),
      };
    },
  };
}

function addLanes(all: readonly OwnLaneShown[]): OwnLaneShown[] {
  return mergeByName(
    all,
    ({ lane }) => lane,
    (one, other) => ({ ...other, ...addFields(["waiting", "delayed", "inFlight"], one, other) }),
  ).sort((a, b) => b.waiting - a.waiting || b.delayed - a.delayed || (a.of < b.of ? -1 : 1));
}
