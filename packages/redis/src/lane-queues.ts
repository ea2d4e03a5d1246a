// BullMQ's queues, one per lane, as the producer's side sees them.

import { Queue, type RedisQueueBackend } from "bullmq";
import { asProducer } from "./connect.ts";
import { type Backlog, readBacklog, readSharedLanes } from "./counts.ts";
import { readServedLanes } from "./heartbeat.ts";
import { LANE_EVENTS_MAX } from "./keys.ts";
import type { Shard } from "./shard.ts";

/**
 * Runs and destinations that are enqueued to at about the same time; making a queue again costs one short
 * command.
 */
const QUEUES_MAX = 1_000;

export interface LaneQueues {
  /** The lane's queue; made when first needed. */
  queue(lane: string): Queue;
  /** Counts of a lane, and the age of its oldest waiting delivery. */
  backlog(lane: string): Promise<Backlog>;
  /** The shared lanes into which something was ever enqueued. */
  known(): Promise<string[]>;
  /** The shared lanes that workers serve at this moment. */
  served(): Promise<string[]>;
  close(): Promise<void>;
}

export function createLaneQueues(shard: Shard): LaneQueues {
  const options = {
    connection: shard.redis,
    prefix: shard.keys.prefix,
    // The connection is there already, and a producer must not wait for one that is not.
    skipWaitingForReady: true,
    streams: { events: { maxLen: LANE_EVENTS_MAX } },
  };
  const queues = new Map<string, Queue>();
  // The one that listens to the connection. The others share what it has, so that they can be forgotten
  // without being closed.
  const openRoot = (): Queue => {
    const opened = new Queue("connection", { ...options, skipMetasUpdate: true });
    // The connection's own errors reach the caller through the command that failed.
    opened.on("error", () => undefined);
    // It asks Redis what it is, once, and keeps a failure for good: one that began in an outage is of no use.
    opened.backend.client.catch(() => {
      isOfUse = false;
    });
    return opened;
  };
  let isOfUse = true;
  let root = openRoot();
  const renew = (): void => {
    void root.close().catch(() => undefined);
    isOfUse = true;
    queues.clear();
    root = openRoot();
  };
  const share = (name: string) => root.backend.forQueue(name) as RedisQueueBackend;
  return {
    queue(lane) {
      if (!isOfUse) renew();
      const queue = queues.get(lane) ?? new Queue(lane, options, share);
      queues.delete(lane);
      queues.set(lane, queue);
      const [oldest = lane] = queues.keys();
      if (queues.size > QUEUES_MAX) queues.delete(oldest);
      return queue;
    },
    backlog: (lane) => asProducer(() => readBacklog(shard, lane, Date.now())),
    known: () => asProducer(() => readSharedLanes(shard)),
    served: () => asProducer(() => readServedLanes(shard)),
    async close() {
      await root.close();
    },
  };
}
