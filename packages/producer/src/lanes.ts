// BullMQ's queues, one per lane, as the producer's side sees them. The door to bullmq of this package.

import { type Backlog, readBacklog } from "@postrider/shared/backlog";
import { LANE_EVENTS_MAX, shardPrefix } from "@postrider/shared/lanes";
import { asProducer } from "@postrider/shared/redis";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";

export interface Lanes {
  /** The lane's queue; made when first needed. */
  queue(lane: string): Queue;
  /** Counts of a lane, and the age of its oldest waiting delivery. */
  backlog(lane: string): Promise<Backlog>;
  close(): Promise<void>;
}

export function createLanes(redis: Redis): Lanes {
  const queues = new Map<string, Queue>();
  return {
    queue(lane) {
      const known = queues.get(lane);
      if (known !== undefined) return known;
      const queue = new Queue(lane, {
        connection: redis,
        prefix: shardPrefix(),
        // The connection is there already, and a producer must not wait for one that is not.
        skipWaitingForReady: true,
        streams: { events: { maxLen: LANE_EVENTS_MAX } },
      });
      // The connection's own errors reach the caller through the command that failed.
      queue.on("error", () => undefined);
      queues.set(lane, queue);
      return queue;
    },
    backlog: (lane) => asProducer(() => readBacklog(redis, lane, Date.now())),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
