// A whole system for one test: producer, workers in this process, a receiver; everything closed at the end.

import { createProducer, type Producer, type ProducerOptions } from "@postrider/producer/producer";
import type { ActionDocument } from "@postrider/shared/action";
import { createLogger } from "@postrider/shared/log";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { createWorker, type PostriderWorker, type WorkerOptions } from "@postrider/worker/worker";
import { eventually } from "./eventually.ts";
import { LOOPBACK } from "./network.ts";
import { type Receiver, type Script, startReceiver } from "./receiver.ts";
import { isolatedRedisUrl } from "./redis.ts";

export interface System {
  readonly redisUrl: string;
  readonly producer: Producer;
  readonly receiver: Receiver;
  /** Starts one more worker in this process; the settings are environment variables. */
  startWorker(environment?: Record<string, string>, more?: WorkerOptions): Promise<PostriderWorker>;
  /** Saves an action that sends to the receiver, unless the document says otherwise. */
  apply(document?: Partial<ActionDocument>): Promise<string>;
  /** Waits until a run has nothing waiting and nothing in flight. */
  untilEnded(run: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Small waits, so that a test sees several retries within a second. */
export const SOON = { attempts: 3, baseMs: 20, factor: 1, maxMs: 20 } as const;

export async function startSystem(script?: Script, options: Partial<ProducerOptions> = {}): Promise<System> {
  const redisUrl = options.redis ?? (await isolatedRedisUrl());
  const receiver = await startReceiver(script);
  const producer = await createProducer({ ...options, redis: redisUrl });
  const workers: { worker: PostriderWorker; running: Promise<void> }[] = [];
  return {
    redisUrl,
    producer,
    receiver,
    async startWorker(environment = {}, more = {}) {
      const settings = readSettings({
        ...LOOPBACK,
        POSTRIDER_REDIS_URL: redisUrl,
        POSTRIDER_METRICS_PORT: "0",
        POSTRIDER_METRICS_HOST: "127.0.0.1",
        POSTRIDER_SHUTDOWN_GRACE_MS: "2000",
        ...(options.keyPrefix !== undefined && { POSTRIDER_KEY_PREFIX: options.keyPrefix }),
        ...environment,
      });
      const { log } = createLogger({ level: "silent", format: "json" });
      const { servers, shards } = options;
      const sharded = { ...(servers && { servers }), ...(shards && { shards }), ...more };
      const worker = await createWorker(settings, log, sharded);
      workers.push({ worker, running: worker.run() });
      return worker;
    },
    async apply(document = {}) {
      const { id } = await producer.actions.apply({
        id: "a",
        url: `${receiver.url}/x`,
        body: "{{ customer }}",
        retry: SOON,
        ...document,
      });
      return id;
    },
    async untilEnded(run) {
      await eventually(async () => {
        const { waiting, inFlight } = await producer.runs.get(run);
        if (waiting + inFlight > 0) throw new Error(`run ${run}: ${waiting} waiting, ${inFlight} in flight`);
      });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map(({ worker }) => worker.close()));
      await Promise.all(workers.map(({ running }) => running));
      await producer.close();
      await receiver.close();
    },
  };
}

/** `count` customers with distinct ids. */
export function customers(count: number): { id: string; name: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `c${index}`, name: `Customer "${index}"` }));
}
