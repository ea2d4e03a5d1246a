// The lanes of all shards as the producer's side sees them.

import type { Backlog } from "@postrider/redis/counts";
import type { LaneQueues } from "@postrider/redis/lane-queues";
import { findUnpacked, type UnpackedShard } from "@postrider/redis/packed-hashes";
import { addFields } from "@postrider/shared/sums";
import type { OverShards, ShardPart } from "./over-shards/over-shards.ts";

interface WithLanes extends ShardPart {
  readonly lanes: LaneQueues;
}

export interface Lanes extends Pick<LaneQueues, "queue" | "backlog" | "known" | "served"> {
  /** Of those that answer, the shards whose Redis does not pack what waits in them. */
  unpacked(): Promise<UnpackedShard[]>;
}

export function lanesOver(over: OverShards<WithLanes>): Lanes {
  return {
    // Whoever asks for BullMQ's own queue of a lane means the first shard's.
    queue: (lane) => over.first().lanes.queue(lane),
    backlog: async (lane) => (await over.ask(({ lanes }) => lanes.backlog(lane))).reduce(add),
    known: async () => [...new Set((await over.ask(({ lanes }) => lanes.known())).flat())],
    async served() {
      const [first = [], ...others] = await over.ask(({ lanes }) => lanes.served());
      return first.filter((lane) => others.every((served) => served.includes(lane)));
    },
    async unpacked() {
      const found = await over.ask(({ shard }) => findUnpacked(shard));
      return found.filter((one) => one !== null);
    },
  };
}

function add(one: Backlog, other: Backlog): Backlog {
  return {
    ...addFields(["waiting", "delayed", "inFlight", "deadLetters"], one, other),
    oldestAgeMs: Math.max(one.oldestAgeMs, other.oldestAgeMs),
  };
}
