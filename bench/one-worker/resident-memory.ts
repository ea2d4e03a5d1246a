// What one worker process holds at full load, over time: many destinations, large answers, and always enough
// that waits. Memory that is kept for what was once in flight levels off; a leak does not.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createProducer } from "@postrider/producer/producer";
import { toWorker } from "../cases/postrider.ts";
import { startChild } from "../child.ts";
import { BASE } from "../curves/axes.ts";
import { createCurveDeliveries } from "../curves/curve-deliveries.ts";
import { startCurveReceiver } from "../curves/curve-receiver.ts";
import type { Bench } from "../measure.ts";

export interface MemoryOptions {
  readonly destinations: number;
  readonly answerBytes: number;
  readonly forMs: number;
  readonly inFlight: number;
}

export interface MemorySample {
  readonly seconds: number;
  readonly residentBytes: number;
  readonly delivered: number;
}

/** Kept ahead of the worker. */
const WAITING = 5_000;
const GROUP = 1_000;
const POLL_MS = 10;
const SAMPLES = 60;
const SAMPLE_MS_MIN = 1_000;
/** More than one worker delivers in an hour. */
const DELIVERIES_MAX = 40_000_000;

/** @param tell is told of each sample as it is taken. */
export async function measureMemory(
  bench: Bench,
  { destinations, answerBytes, forMs, inFlight }: MemoryOptions,
  tell: (sample: MemorySample) => void,
): Promise<MemorySample[]> {
  await bench.lane.clear();
  const receiver = await startCurveReceiver({ destinations, latencyMs: 0, failures: 0, answerBytes });
  const producer = await createProducer({ redis: bench.world.redisUrl });
  const deliveries = createCurveDeliveries(producer, { ...BASE, destinations }, receiver.port);
  await deliveries.prepare();
  const { command, env = {} } = toWorker(
    { redisUrl: bench.world.redisUrl, concurrency: inFlight },
    // Redis must not be what fills up.
    { POSTRIDER_IDEMPOTENCY_WINDOW_MS: "60000", POSTRIDER_CUSTOMERS_KEPT_MS: "60000" },
  );
  const worker = startChild(command, { env, log: join(bench.folder, "memory.log") });
  const samples: MemorySample[] = [];
  const everyMs = Math.max(SAMPLE_MS_MIN, forMs / SAMPLES);
  try {
    receiver.expect(0, DELIVERIES_MAX);
    const startedAt = performance.now();
    let enqueued = 0;
    for (let nextAt = everyMs; ; ) {
      const elapsed = performance.now() - startedAt;
      if (elapsed >= nextAt) {
        const sample = {
          seconds: Math.round(elapsed / 1_000),
          residentBytes: await readResident(worker.pid),
          delivered: receiver.accepted(),
        };
        samples.push(sample);
        tell(sample);
        nextAt += everyMs;
      }
      if (elapsed >= forMs) return samples;
      if (enqueued - receiver.accepted() < WAITING) {
        await Promise.race([deliveries.enqueue(enqueued, GROUP), worker.failure]);
        enqueued += GROUP;
      } else await Promise.race([sleep(POLL_MS), worker.failure]);
    }
  } finally {
    await worker.stop();
    await producer.close();
    await receiver.close();
  }
}

async function readResident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return 1_024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
}
