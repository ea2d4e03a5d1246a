// A worker process's delivering half: serves its lanes until it is closed, and then lets go of everything.

import type { Logger } from "@postrider/shared/log";
import { connectRedis, workerOptions } from "@postrider/shared/redis";
import type { Settings } from "@postrider/shared/settings";
import type { Worker } from "bullmq";
import type { Redis } from "ioredis";
import { createActionCache } from "./actions.ts";
import { serveLane } from "./claim.ts";
import { createComposer } from "./compose/composer.ts";
import { deliver } from "./deliver.ts";
import { type Probes, serveProbes } from "./probes.ts";
import { createLedger } from "./record/ledger.ts";
import { createMetrics } from "./record/metrics.ts";
import type { Interrupts } from "./send/exchange.ts";
import { createPools } from "./send/pools.ts";
import { send } from "./send/send.ts";

export interface PostriderWorker {
  /** Where /metrics, /healthz and /readyz are served. */
  readonly metricsPort: number;
  /** Claims deliveries until `close` is called; resolves then. */
  run(): Promise<void>;
  /** Claims nothing more, lets what is in flight end within the grace period, hands back the rest. */
  close(): Promise<void>;
}

/**
 * Connects to Redis and gets ready; `run` starts claiming.
 * @throws PostriderError `settings_invalid`, `redis_unavailable` or `redis_evicts`.
 */
export async function createWorker(settings: Settings, log: Logger): Promise<PostriderWorker> {
  // Before anything is connected, since a TLS file that cannot be used ends it here.
  const pools = createPools(settings, { warn: (message) => log.warn(message) });
  const redis = await connectRedis(settings.redisUrl, workerOptions);
  const metrics = createMetrics(settings.lanes);
  const ledger = createLedger(redis, settings);
  const findAction = createActionCache(redis, settings.actionsCached);
  const composer = createComposer();
  const interrupts: Interrupts = new Set();
  let isServing = false;

  const steps = {
    findAction,
    compose: composer.compose,
    send: (request, action) =>
      send(request, { ...action, replyBytesMax: settings.replyBytesMax }, pools, interrupts),
    now: Date.now,
    random: Math.random,
  } satisfies Parameters<typeof deliver>[1];
  const lanes = settings.lanes.map((lane) =>
    serveLane({
      ...settings,
      redis,
      lane,
      log,
      records: { ledger, metrics, log, now: Date.now },
      deliver: (claimed) => deliver(claimed, steps),
    }),
  );
  let probes: Probes;
  try {
    probes = await serveProbes({
      redis,
      lanes: settings.lanes,
      metrics,
      host: settings.metricsHost,
      port: settings.metricsPort,
      isServing: () => isServing,
    });
    pools.protect(probes.port);
  } catch (error) {
    await closeAll(lanes, redis);
    throw error;
  }

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    isServing = false;
    await drain(lanes, interrupts, settings.shutdownGraceMs, log);
    await Promise.all([composer.close(), pools.close(), probes.close()]);
    redis.disconnect();
  };
  return {
    metricsPort: probes.port,
    async run() {
      isServing = true;
      await Promise.all(lanes.map((lane) => lane.run()));
    },
    close: () => (closing ??= close()),
  };
}

/** After the grace period each attempt in flight is called off and its delivery handed back to its lane. */
async function drain(
  lanes: readonly Worker[],
  interrupts: Interrupts,
  graceMs: number,
  log: Logger,
): Promise<void> {
  const callOff = setTimeout(() => {
    log.warn({ inFlight: interrupts.size }, "grace period over; handing back what is in flight");
    for (const interrupt of [...interrupts]) interrupt();
  }, graceMs);
  await Promise.all(lanes.map((lane) => lane.close()));
  clearTimeout(callOff);
}

async function closeAll(lanes: readonly Worker[], redis: Redis): Promise<void> {
  await Promise.all(lanes.map((lane) => lane.close(true)));
  redis.disconnect();
}
