// Takes up what dead workers had claimed from lanes that nobody serves at the moment: paused, held, behind an
// open circuit, or without room. Workers look for such claims in the lanes that they serve; in the others
// these would count as in flight until the lane runs again, and wait then for another claim's time to run
// out.

import { Queue, type QueueOptions } from "bullmq";
import { countLanes, readSharedLanes } from "../counts.ts";
import type { LaneDirectory } from "../lane-directory.ts";
import type { Shard } from "../shard.ts";

export interface ReclaimOptions {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  /** Lanes that this process serves: their own workers look there. */
  readonly isServed: (lane: string) => boolean;
  readonly stalledCheckMs: number;
  /** Told of each claim that ran out. */
  readonly reclaimed: (lane: string, deliveryId: string) => void;
}

/**
 * Looks once through the lanes with claims. BullMQ marks what is claimed and puts back at the next look what
 * has lost its lock since; several processes may look, and a look that comes too early does nothing.
 */
export async function reclaimUnserved(options: ReclaimOptions): Promise<void> {
  const { shard, directory, isServed } = options;
  const lanes = [...(await readSharedLanes(shard)), ...directory.all().map(({ lane }) => lane)];
  const unserved = lanes.filter((lane) => !isServed(lane));
  for (const [lane, { inFlight }] of await countLanes(shard, unserved))
    if (inFlight > 0) for (const id of await moveStalled(lane, options)) options.reclaimed(lane, id);
}

/** BullMQ's own step, and what it takes of a worker's options. */
async function moveStalled(lane: string, { shard, stalledCheckMs }: ReclaimOptions): Promise<string[]> {
  const options: QueueOptions & { maxStalledCount: number; stalledInterval: number } = {
    connection: shard.redis,
    prefix: shard.keys.prefix,
    skipWaitingForReady: true,
    // The lane may be dissolved at any moment, and must not come back by its settings.
    skipMetasUpdate: true,
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    stalledInterval: stalledCheckMs,
  };
  const queue = new Queue(lane, options);
  // They reach the caller through the command that failed.
  queue.on("error", () => undefined);
  try {
    return await queue.backend.moveStalledJobsToWait();
  } finally {
    await queue.close();
  }
}
