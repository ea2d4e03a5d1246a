// A worker process's delivering half: serves its lanes until it is closed, and then lets go of everything.

import { createComposer } from "@postrider/compose/apart/composer";
import { connectRedis, isPersistent, workerOptions } from "@postrider/redis/connect";
import { checkFormat } from "@postrider/redis/format";
import { createLedger } from "@postrider/redis/ledger";
import { createRollUps } from "@postrider/redis/roll-ups";
import { createBury } from "@postrider/redis/scripts/bury";
import { createMove } from "@postrider/redis/scripts/move";
import { createShard, createStore, type Shard, type Store } from "@postrider/redis/shard";
import { createTestSendQueue } from "@postrider/redis/test-send-queue";
import type { Logger } from "@postrider/shared/log";
import { createSealer, type Sealer } from "@postrider/shared/seal";
import type { Settings } from "@postrider/shared/settings/settings";
import { startTracing, type Tracing } from "@postrider/shared/tracing/tracing";
import { createActionCache, type FindAction } from "./action-cache.ts";
import { type LaneOptions, serveLane, toReclaimed } from "./claim.ts";
import { createCredentialSteps } from "./credential-steps.ts";
import { decideUnrecorded } from "./decide/decide.ts";
import { deliver } from "./deliver.ts";
import { createRateLimiter } from "./destinations/rate-limiter.ts";
import { createScout } from "./destinations/scout.ts";
import { drain, toSend } from "./drain.ts";
import { createInterrupts } from "./interrupts.ts";
import { type Probes, serveProbes } from "./probes.ts";
import { createAttemptLog } from "./record/attempt-log.ts";
import { measureCompose } from "./record/measured-compose.ts";
import { createMetrics } from "./record/metrics.ts";
import type { Records } from "./record/record.ts";
import { protectRedis } from "./send/guard/own-ports.ts";
import { createPools, type Pools } from "./send/pool/pools.ts";
import { serveTestSends } from "./serve/answer-test-sends.ts";
import { createGate } from "./steps/gate.ts";
import { createSteps } from "./steps.ts";
import { testAction } from "./test-send.ts";
import { createDeliveryTracing, type DeliveryTracing } from "./trace/delivery-tracing.ts";
import { createLaneView, type ServedLanes, serveLanes } from "./worker-lanes.ts";

export interface PostriderWorker {
  /** Where /metrics, /healthz and /readyz are served. */
  readonly metricsPort: number;
  /** Claims deliveries until `close` is called; resolves then. */
  run(): Promise<void>;
  /**
   * Claims nothing more, lets what is in flight end within the grace period, hands back the rest. Ends soon
   * after it also when Redis is away, but BullMQ's timers may go on then: the process should end.
   */
  close(): Promise<void>;
}

/**
 * Connects to Redis and gets ready; `run` starts claiming.
 * @throws PostriderError `settings_invalid`, `redis_unavailable`, `redis_evicts` or `redis_newer`.
 */
export async function createWorker(settings: Settings, log: Logger): Promise<PostriderWorker> {
  // Before anything is connected, since a TLS file that cannot be used ends it here.
  const pools = createPools(settings, { warn: (message) => log.warn(message) });
  const { shard, store } = await connect(settings, pools, log);
  const tracing = await startTracing(settings, "worker", log);
  const metrics = createMetrics(settings.lanes, pools.stats, tracing);
  const sealer = createSealer(settings.secretKeys);
  const { actionsCached: actionsMax } = settings;
  const composer = createComposer();
  const interrupts = createInterrupts();
  let isServing = false;

  const calling = { isOff: false };
  const sendWithin = toSend({ settings, pools, interrupts, calling });
  const credentials = { store, sealer, interrupts, send: sendWithin, actionsMax, now: Date.now };
  const early = {
    findAction: createActionCache(store, sealer, actionsMax),
    ...(await createCredentialSteps({ ...credentials, tls: pools.tls, onTokenFetch: metrics.tokenFetched })),
    compose: composer.compose,
    random: Math.random,
  };
  const scout = createScout({ shard, ...early });
  const reports = { metrics, log, reclaimed: toReclaimed(metrics, log) };
  const view = await createLaneView({ shard, store, settings, scout });
  const { directory, destinations, inFlight, figures } = view;
  const rateLimiter = createRateLimiter({ ...settings, shard, find: directory.get, interrupts });
  const awaitTurn = (lane: string) => (calling.isOff ? null : rateLimiter.wait(lane));
  const late = { ...destinations, awaitTurn, send: sendWithin, now: Date.now };
  const gate = createGate({ ...settings, directory, inFlight, metrics, now: Date.now });
  const steps = createSteps({ ...early, ...late, compose: measureCompose(composer.compose, metrics) }, gate);
  const rollUps = createRollUps(shard, settings, directory.now);
  const records = toRecords({ ...reports, shard, settings, sealer, rollUps });
  const delivering = { steps, now: Date.now, random: Math.random };
  const laneOptions: LaneOptions = {
    ...settings,
    shard,
    records,
    move: createMove(shard),
    bury: createBury(shard, settings),
    inFlight,
    deliver: (claimed, past) => deliver(claimed, past, delivering),
    tracing: toDeliveryTracing(tracing, settings, log),
    log,
  };
  let running: Running | undefined;
  const stuckIn = () => running?.lanes.stuckIn() ?? null;
  const watched = { shard, figures, metrics, isServing: () => isServing, stuckIn };
  const probes = await startProbes({ ...settings, ...watched }, pools);

  const tests = { sealer, findAction: early.findAction, settings, shard, log, ownPort: probes.port };
  const ended = createLatch();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    isServing = false;
    const closeLanes = () => Promise.all([running?.lanes.close(), running?.testSends.stop()]);
    await drain({ closeLanes, interrupts, calling, log }, settings.shutdownGraceMs);
    records.attempts.close();
    await Promise.all([composer.close(), pools.close(), probes.close(), rollUps.close()]);
    shard.redis.disconnect();
    await tracing?.close();
    ended.open();
  };
  return {
    metricsPort: probes.port,
    async run() {
      isServing = true;
      const start = (lane: string, concurrency: number) => serveLane(lane, concurrency, laneOptions);
      running = {
        testSends: serveTests(tests),
        lanes: serveLanes({ shard, store, view, settings, ...reports, start }),
      };
      await ended.opened;
    },
    close: () => (closing ??= close()),
  };
}

/** What claims and carries out, from `run` on. */
interface Running {
  readonly lanes: ServedLanes;
  readonly testSends: ReturnType<typeof serveTests>;
}

function toDeliveryTracing(
  tracing: Tracing | null,
  { tracesRatio: ratio, tracesPropagate: propagates }: Settings,
  log: Logger,
): DeliveryTracing | null {
  return tracing === null ? null : createDeliveryTracing({ tracing, ratio, propagates, log });
}

type Recording = Pick<Records, "sealer" | "metrics" | "rollUps" | "log"> & {
  readonly shard: Shard;
  readonly settings: Settings;
};

function toRecords({ shard, settings, ...parts }: Recording): Records {
  return {
    ...parts,
    ...settings,
    ledger: createLedger(shard, settings),
    attempts: createAttemptLog({ ...parts, ...settings }),
    now: Date.now,
    decideUnrecorded,
  };
}

interface Tests {
  readonly settings: Settings;
  readonly shard: Shard;
  readonly sealer: Sealer;
  readonly findAction: FindAction;
  readonly log: Logger;
  readonly ownPort: number;
}

function serveTests({ settings, shard, ownPort, ...rest }: Tests): ReturnType<typeof serveTestSends> {
  return serveTestSends({
    ...rest,
    queue: createTestSendQueue(shard),
    send: ({ action }, sample) => testAction(action, sample, settings, [ownPort]),
    now: Date.now,
  });
}

type Probing = Omit<Parameters<typeof serveProbes>[0], "host" | "port"> &
  Pick<Settings, "metricsHost" | "metricsPort">;

/** No destination may be the port that they listen on. */
async function startProbes(probing: Probing, pools: Pools): Promise<Probes> {
  const { metricsHost: host, metricsPort: port, shard } = probing;
  try {
    const probes = await serveProbes({ ...probing, host, port });
    pools.protect(probes.port);
    return probes;
  } catch (error) {
    shard.redis.disconnect();
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

interface Connected {
  readonly shard: Shard;
  readonly store: Store;
}

async function connect({ redisUrl, keyPrefix }: Settings, pools: Pools, log: Logger): Promise<Connected> {
  const redis = await connectRedis(redisUrl, workerOptions);
  const store = createStore(redis, keyPrefix);
  await checkFormat(store);
  protectRedis(redis, pools);
  if ((await isPersistent(redis)) === false)
    log.warn("Redis keeps nothing on disk (appendonly no): what it has accepted is lost when it stops");
  return { shard: createShard(redis, keyPrefix), store };
}
