// A worker process's delivering half: serves its shards until it is closed, and then lets go of everything.

import { randomUUID } from "node:crypto";
import { createComposer } from "@postrider/compose/apart/composer";
import { createBinArrivals } from "@postrider/redis/bin-arrivals";
import { isPersistent, workerOptions } from "@postrider/redis/connect";
import { type OpenShards, openShards } from "@postrider/redis/open-shards";
import { describeUnpacked, findUnpacked } from "@postrider/redis/packed-hashes";
import { type Server, toServers } from "@postrider/redis/servers";
import type { Logger } from "@postrider/shared/log";
import { splitRedisUrls } from "@postrider/shared/redis-url";
import { createSealer } from "@postrider/shared/seal";
import type { Settings } from "@postrider/shared/settings/settings";
import { startTracing, type Tracing } from "@postrider/shared/tracing/tracing";
import { createActionCache } from "./action-cache.ts";
import { createCredentialSteps } from "./credential-steps.ts";
import { drain, toSend } from "./drain.ts";
import { createInterrupts } from "./interrupts.ts";
import { type Probes, serveProbes } from "./probes.ts";
import { createAttemptLog } from "./record/attempt-log.ts";
import { createMetrics } from "./record/metrics.ts";
import { partMetrics } from "./record/shard-metrics.ts";
import { withBin } from "./send/bin/run-bin.ts";
import { protectRedis } from "./send/guard/own-ports.ts";
import { createPools, type Pools } from "./send/pool/pools.ts";
import { createProcessSlots } from "./serve/slots.ts";
import { createShardServer, type ProcessParts } from "./serve-shard.ts";
import { createServedShards } from "./served-shards.ts";
import { createSigns, type ProcessSigns } from "./signs.ts";
import { createDeliveryTracing, type DeliveryTracing } from "./trace/delivery-tracing.ts";

export interface PostriderWorker {
  /** Where /metrics, /healthz and /readyz are served. */
  readonly metricsPort: number;
  readonly signs: ProcessSigns;
  /** Claims deliveries until `close` is called; resolves then. */
  run(): Promise<void>;
  /**
   * Claims nothing more, lets what is in flight end within the grace period, hands back the rest. Ends soon
   * after it also when Redis is away, but timers may go on then: the process should end.
   */
  close(): Promise<void>;
}

export interface WorkerOptions {
  /**
   * The URLs of the servers that the shards are on, the store's first; `POSTRIDER_REDIS_URL` unless given.
   */
  readonly servers?: readonly string[];
  /** The number of shards, where the installation is a new one; `POSTRIDER_SHARDS` unless given. */
  readonly shards?: number;
  /** The names of the shards that it serves; `POSTRIDER_SERVE_SHARDS` unless given. */
  readonly serve?: readonly string[];
  /** The port at which another process answers probes for this one, which then opens none itself. */
  readonly probedAt?: number;
}

/**
 * Connects to Redis and gets ready; `run` starts claiming.
 * @throws PostriderError `settings_invalid`, `redis_unavailable`, `redis_evicts` or `redis_newer`.
 */
export async function createWorker(
  settings: Settings,
  log: Logger,
  options: WorkerOptions = {},
): Promise<PostriderWorker> {
  // Before anything is connected, since a TLS file that cannot be used ends it here.
  const pools = createPools(settings, { warn: (message) => log.warn(message) });
  const shards = await connect(settings, options, pools, log);
  const { store, sharing } = shards;
  const tracing = await startTracing(settings, "worker", log);
  const metrics = createMetrics(settings.lanes, pools.stats, tracing);
  const sealer = createSealer(settings.secretKeys);
  const { actionsCached: actionsMax } = settings;
  const composer = createComposer();
  const interrupts = createInterrupts();
  let isServing = false;

  const calling = { isOff: false };
  const arrivals = createBinArrivals(store, sealer);
  const sendOut = toSend({ settings, pools, interrupts, calling });
  const send = withBin(sendOut, { ...settings, arrivals, interrupts, log, now: Date.now });
  const credentials = { store, sealer, interrupts, send, actionsMax, now: Date.now };
  const steps = {
    findAction: createActionCache(store, sealer, actionsMax),
    ...(await createCredentialSteps({ ...credentials, tls: pools.tls, onTokenFetch: metrics.tokenFetched })),
    compose: composer.compose,
  };
  const attempts = createAttemptLog({ ...settings, metrics, log });
  const traces = toDeliveryTracing(tracing, settings, log);
  const common = { self: randomUUID(), settings, log, store, sealer, attempts, interrupts, sharing };
  const shared = { ...common, calling, send, steps, tracing: traces };
  const served = await createServedShards({ shards, create: toCreate(shared, metrics, shards), log });
  const signs = createSigns({ shards: served, metrics, isServing: () => isServing });
  const probes = await startProbes({ ...settings, ...options, signs }, pools, shards);

  const ended = createLatch();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    isServing = false;
    await drain({ closeLanes: served.closeLanes, interrupts, calling, log }, settings.shutdownGraceMs);
    attempts.close();
    await Promise.all([composer.close(), pools.close(), probes.close(), served.close()]);
    shards.disconnect();
    await tracing?.close();
    ended.open();
  };
  return {
    metricsPort: probes.port,
    signs,
    async run() {
      isServing = true;
      served.start(probes.port);
      await ended.opened;
    },
    close: () => (closing ??= close()),
  };
}

/** @returns what makes ready to serve one shard more. */
function toCreate(
  shared: ProcessParts,
  metrics: Parameters<typeof partMetrics>[0],
  shards: Pick<OpenShards, "missing">,
) {
  const newMetrics = partMetrics(metrics, () => shards.missing().length);
  const slots = createProcessSlots();
  return async (shard: OpenShards["all"][number]) => {
    const parts = { metrics: newMetrics(), slots: slots.join() };
    try {
      return await createShardServer(shard, parts, shared);
    } catch (error) {
      parts.slots.leave();
      parts.metrics.leave();
      throw error;
    }
  };
}

function toDeliveryTracing(
  tracing: Tracing | null,
  { tracesRatio: ratio, tracesPropagate: propagates }: Settings,
  log: Logger,
): DeliveryTracing | null {
  return tracing === null ? null : createDeliveryTracing({ tracing, ratio, propagates, log });
}

type Probing = Pick<Parameters<typeof serveProbes>[0], "signs"> &
  Pick<WorkerOptions, "probedAt"> &
  Pick<Settings, "metricsHost" | "metricsPort">;

/** No destination may be the port that they listen on. */
async function startProbes(probing: Probing, pools: Pools, shards: OpenShards): Promise<Probes> {
  const { signs, metricsHost: host, metricsPort: port, probedAt } = probing;
  try {
    const probes =
      probedAt === undefined
        ? await serveProbes({ signs, host, port })
        : { port: probedAt, close: () => Promise.resolve() };
    pools.protect(probes.port);
    return probes;
  } catch (error) {
    shards.disconnect();
    throw error;
  }
}

function createLatch(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

async function connect(
  settings: Settings,
  { servers = splitRedisUrls(settings.redisUrl), shards: count = settings.shards, serve }: WorkerOptions,
  pools: Pools,
  log: Logger,
): Promise<OpenShards> {
  const watch = (server: Server): Server => ({
    ...server,
    async connect(tag) {
      const redis = await server.connect(tag);
      protectRedis(redis, pools);
      if ((await isPersistent(redis)) === false)
        log.warn("Redis keeps nothing on disk (appendonly no): what it has accepted is lost when it stops");
      return redis;
    },
  });
  const only = serve ?? (settings.serveShards.length > 0 ? settings.serveShards : undefined);
  const shards = await openShards({
    keyPrefix: settings.keyPrefix,
    servers: toServers(servers, workerOptions, settings).map(watch),
    count,
    ...(only && { only }),
  });
  // Not waited for: a shard that is away answers when it is back.
  void warnOfUnpacked(shards.all, log);
  return shards;
}

/** Of all shards at once: many may be on one server. */
async function warnOfUnpacked(all: OpenShards["all"], log: Logger): Promise<void> {
  const unpacked = (await Promise.all(all.map(findUnpacked))).filter((one) => one !== null);
  if (unpacked.length === 0) return;
  log.warn({ shards: unpacked.map(({ shard }) => shard) }, `Redis ${describeUnpacked(unpacked)}`);
}
