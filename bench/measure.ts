// One case, one round. The case's process warms up on deliveries of its own; the measured ones are enqueued
// while the lane is paused, and the window runs from the lane's resumption to the end of the last delivery.
// Nothing of the case's own is asked: the bench looks at Redis, at the sink and at the process from outside,
// the same for all.

import { join } from "node:path";
import { accountFor, refuseLostOrDoubled } from "./arrived.ts";
import type { Case, World } from "./cases.ts";
import { type Child, cpuMicros, startChild } from "./child.ts";
import type { Lane } from "./lane.ts";
import type { Sink } from "./sink.ts";

export interface Measurement {
  readonly deliveriesPerSecond: number;
  readonly nodeMicrosPerDelivery: number;
  readonly redisMicrosPerDelivery: number;
  /** Deliveries for one second of CPU, node's and Redis' together. */
  readonly deliveriesPerCpuSecond: number;
  /** Part of one core that the sink was busy: far from 1, or it is the sink that was measured. */
  readonly sinkLoad: number;
  /** What Redis holds of a delivery that has ended: its mark, its run, and what is kept for later. */
  readonly keptBytesPerDelivery: number;
  /** Requests beyond one per delivery: 0, but for a case that may repeat. */
  readonly repeats: number;
}

export interface Bench {
  readonly world: World;
  readonly lane: Lane;
  readonly sink: Sink;
  readonly folder: string;
}

export interface Size {
  readonly deliveries: number;
  readonly warmUp: number;
}

/** @throws when the case's process ends, gets stuck, or does not deliver everything, each once. */
export async function measure(
  subject: Case,
  { world, lane, sink, folder }: Bench,
  { deliveries, warmUp }: Size,
): Promise<Measurement> {
  await lane.clear();
  const opened = await subject.open(world);
  const { command, env = {} } = opened.worker;
  const worker = startChild(command, { env, log: join(folder, `${subject.name}.log`) });
  const spent = () => readSpent({ worker, lane, sink });
  try {
    await opened.enqueue(0, warmUp);
    await untilEmpty(lane, worker);
    const bytesBefore = await lane.dataBytes();
    await lane.pause();
    await opened.enqueue(warmUp, deliveries);

    await sink.paths();
    const before = await spent();
    const startedAt = performance.now();
    await lane.resume();
    await untilEmpty(lane, worker);
    const seconds = (performance.now() - startedAt) / 1_000;
    const after = await spent();

    await refuseFailures(lane, deliveries);
    const repeats = await checkArrived(subject, sink, { first: warmUp, deliveries });
    const node = (after.node - before.node) / deliveries;
    const redis = (after.redis - before.redis) / deliveries;
    return {
      deliveriesPerSecond: deliveries / seconds,
      nodeMicrosPerDelivery: node,
      redisMicrosPerDelivery: redis,
      deliveriesPerCpuSecond: 1e6 / (node + redis),
      keptBytesPerDelivery: ((await lane.dataBytes()) - bytesBefore) / deliveries,
      sinkLoad: (after.sink - before.sink) / 1e6 / seconds,
      repeats,
    };
  } finally {
    await worker.stop();
    await opened.close();
  }
}

interface Spent {
  readonly node: number;
  readonly redis: number;
  readonly sink: number;
}

async function readSpent({ worker, lane, sink }: { worker: Child; lane: Lane; sink: Sink }): Promise<Spent> {
  const [node, redis, atSink] = await Promise.all([
    cpuMicros(worker),
    lane.cpuMicros(),
    cpuMicros(sink.child),
  ]);
  return { node, redis, sink: atSink };
}

async function refuseFailures(lane: Lane, deliveries: number): Promise<void> {
  const failures = await lane.failures();
  if (failures !== null) throw new Error(`of ${deliveries} deliveries ${failures}`);
}

/**
 * Holds what the sink has seen against what was enqueued, delivery by delivery. Where all requests of a case
 * are the same there is their number alone. @returns how many were repeated.
 */
async function checkArrived(
  subject: Case,
  sink: Sink,
  { first, deliveries }: { readonly first: number; readonly deliveries: number },
): Promise<number> {
  const paths = await sink.paths();
  const arrived = subject.isConstant
    ? { lost: Math.max(0, deliveries - paths.length), repeats: Math.max(0, paths.length - deliveries) }
    : accountFor(paths, first, deliveries);
  refuseLostOrDoubled(subject, deliveries, arrived);
  return arrived.repeats;
}

const STUCK_MS = 30_000;
const POLL_MS_MIN = 2;
const POLL_MS_MAX = 250;

/**
 * Looks rarely while much is left and often near the end: watching must cost nothing, and the end must be
 * exact.
 */
async function untilEmpty(lane: Lane, worker: Child): Promise<void> {
  let progressAt = performance.now();
  let before = await lane.left();
  let pollMs = POLL_MS_MIN;
  for (;;) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, pollMs)), worker.failure]);
    const now = performance.now();
    const left = await lane.left();
    if (left === 0) return;
    if (left < before) {
      // Half of the time that the rest will take.
      pollMs = Math.min(
        POLL_MS_MAX,
        Math.max(POLL_MS_MIN, ((now - progressAt) * left) / (before - left) / 2),
      );
      progressAt = now;
      before = left;
    } else {
      pollMs = Math.min(POLL_MS_MAX, pollMs * 2);
    }
    if (now - progressAt > STUCK_MS)
      throw new Error(`no delivery ended within ${STUCK_MS} ms; ${left} are left`);
  }
}
