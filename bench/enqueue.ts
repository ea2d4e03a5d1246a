// The producer's side: how fast deliveries enter Redis, and what one that waits there takes up. The floor's
// side of it is plain `addBulk` of jobs without options; Postrider's is the producer library with
// idempotency, run counters and retries.

import type { Case } from "./cases.ts";
import type { Bench, Size } from "./measure.ts";

export interface EnqueueMeasurement {
  readonly enqueuedPerSecond: number;
  readonly nodeMicrosPerDelivery: number;
  readonly redisMicrosPerDelivery: number;
  readonly redisBytesPerDelivery: number;
}

/** Enqueues from this very process; no worker runs. */
export async function measureEnqueue(
  subject: Case,
  { world, lane }: Bench,
  { deliveries, warmUp }: Size,
): Promise<EnqueueMeasurement> {
  await lane.clear();
  const opened = await subject.open(world);
  try {
    await opened.enqueue(0, warmUp);
    const bytesBefore = await lane.dataBytes();
    const redisBefore = await lane.cpuMicros();
    const nodeBefore = process.cpuUsage();
    const startedAt = performance.now();
    await opened.enqueue(warmUp, deliveries);
    const seconds = (performance.now() - startedAt) / 1_000;
    const node = process.cpuUsage(nodeBefore);
    const redis = (await lane.cpuMicros()) - redisBefore;
    const waiting = (await lane.left()) - warmUp;
    if (waiting !== deliveries)
      throw new Error(`${subject.name}: ${waiting} of ${deliveries} deliveries wait`);
    return {
      enqueuedPerSecond: deliveries / seconds,
      nodeMicrosPerDelivery: (node.user + node.system) / deliveries,
      redisMicrosPerDelivery: redis / deliveries,
      redisBytesPerDelivery: ((await lane.dataBytes()) - bytesBefore) / deliveries,
    };
  } finally {
    await opened.close();
  }
}
