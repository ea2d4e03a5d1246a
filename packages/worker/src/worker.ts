// A worker process's delivering half: serves its lanes until it is closed, and then lets go of everything.

import { createComposer } from "@postrider/compose/apart/composer";
import { connectRedis, isPersistent, workerOptions } from "@postrider/redis/connect";
import { createLedger } from "@postrider/redis/ledger";
import { createRollUps } from "@postrider/redis/roll-ups";
import { createBury } from "@postrider/redis/scripts/bury";
import { createMove } from "@postrider/redis/scripts/move";
import { createShard, createStore, type Shard } from "@postrider/redis/shard";
import { createTestSendQueue } from "@postrider/redis/test-send-queue";
import type { Logger } from "@postrider/shared/log";
import { createSealer, type Sealer } from "@postrider/shared/seal";
import type { Settings } from "@postrider/shared/settings/settings";
import type { Redis } from "ioredis";
import { createActionCache, type FindAction } from "./action-cache.ts";
import { NOT_SENT } from "./attempt.ts";
import { type LaneOptions, serveLane, toReclaimed } from "./claim.ts";
import { createCredentialSteps } from "./credential-steps.ts";
import { decideUnrecorded } from "./decide/decide.ts";
import { deliver } from "./deliver.ts";
import { createRateLimiter } from "./destinations/rate-limiter.ts";
import { createScout } from "./destinations/scout.ts";
import { createInterrupts, type Interrupts } from "./interrupts.ts";
import { type Probes, serveProbes } from "./probes.ts";
import { createAttemptLog } from "./record/attempt-log.ts";
import { measureCompose } from "./record/measured-compose.ts";
import { createMetrics } from "./record/metrics.ts";
import type { Records } from "./record/record.ts";
import { protectRedis } from "./send/guard/own-ports.ts";
import { createPools, type Pools } from "./send/pool/pools.ts";
import { send } from "./send/send.ts";
import { serveTestSends } from "./serve/answer-test-sends.ts";
import { createGate } from "./steps/gate.ts";
import type { Send } from "./steps/send.ts";
import { createSteps } from "./steps.ts";
import { testAction } from "./test-send.ts";
import { createWorkerLanes } from "./worker-lanes.ts";

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
 * @throws PostriderError `settings_invalid`, `redis_unavailable` or `redis_evicts`.
 */
export async function createWorker(settings: Settings, log: Logger): Promise<PostriderWorker> {
  // Before anything is connected, since a TLS file that cannot be used ends it here.
  const pools = createPools(settings, { warn: (message) => log.warn(message) });
  const redis = await connect(settings, pools, log);
  const shard = createShard(redis, settings.keyPrefix);
  const store = createStore(redis, settings.keyPrefix);
  const metrics = createMetrics(settings.lanes, pools.stats);
  const sealer = createSealer(settings.secretKeys);
  const { actionsCached: actionsMax } = settings;
  const composer = createComposer();
  const interrupts = createInterrupts();
  let isServing = false;

  const calling = { isOff: false };
  const sendWithin = toSend({ settings, pools, interrupts, calling });
  const { tls } = pools;
  const credentials = { store, sealer, interrupts, send: sendWithin, actionsMax, now: Date.now, tls };
  const early = {
    findAction: createActionCache(store, sealer, actionsMax),
    ...(await createCredentialSteps({ ...credentials, onTokenFetch: metrics.tokenFetched })),
    compose: composer.compose,
    random: Math.random,
  };
  const reports = { metrics, log, reclaimed: toReclaimed(metrics, log) };
  const scout = createScout({ shard, ...early });
  const lanes = await createWorkerLanes({ shard, store, settings, ...reports, scout });
  const { directory, destinations, inFlight, stuckIn, figures } = lanes;
  const rateLimiter = createRateLimiter({ ...settings, shard, find: directory.get, interrupts });
  const awaitTurn = (lane: string) => (calling.isOff ? null : rateLimiter.wait(lane));
  const late = { ...destinations, awaitTurn, send: sendWithin, now: Date.now };
  const gate = createGate({ ...settings, directory, inFlight, metrics, now: Date.now });
  const compose = measureCompose(composer.compose, metrics);
  const steps = createSteps({ ...early, ...late, compose }, gate);
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
    log,
  };
  const watched = { shard, figures, metrics, isServing: () => isServing, stuckIn };
  const probes = await startProbes({ ...settings, ...watched }, pools);

  const tests = { sealer, findAction: early.findAction, settings, shard, log, ownPort: probes.port };
  let testSends: ReturnType<typeof serveTests> | undefined;
  const ended = createLatch();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    isServing = false;
    const closeLanes = () => Promise.all([lanes.close(), testSends?.stop()]);
    await drain({ closeLanes, interrupts, calling, log }, settings.shutdownGraceMs);
    records.attempts.close();
    await Promise.all([composer.close(), pools.close(), probes.close(), rollUps.close()]);
    shard.redis.disconnect();
    ended.open();
  };
  return {
    metricsPort: probes.port,
    async run() {
      isServing = true;
      testSends = serveTests(tests);
      lanes.serve((lane, concurrency) => serveLane(lane, concurrency, laneOptions));
      await ended.opened;
    },
    close: () => (closing ??= close()),
  };
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

interface Sending {
  readonly settings: Settings;
  readonly pools: Pools;
  readonly interrupts: Interrupts;
  readonly calling: Draining["calling"];
}

function toSend({ settings, pools, interrupts, calling }: Sending): Send {
  const { replyBytesMax } = settings;
  return (request, { action, secretHeaders }, leftMs) =>
    calling.isOff
      ? CALLED_OFF
      : send(request, { ...action, secretHeaders, replyBytesMax, leftMs }, pools, interrupts);
}

function createLatch(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

async function connect({ redisUrl }: Settings, pools: Pools, log: Logger): Promise<Redis> {
  const redis = await connectRedis(redisUrl, workerOptions);
  protectRedis(redis, pools);
  if ((await isPersistent(redis)) === false)
    log.warn("Redis keeps nothing on disk (appendonly no): what it has accepted is lost when it stops");
  return redis;
}

/**
 * To hand back what the grace period has left over takes Redis some milliseconds; a Redis that is away takes
 * for ever.
 */
const HAND_BACK_MS = 2_000;

/**
 * What becomes of deliveries that were still being composed, or waited for a token, when the others were
 * called off.
 */
const CALLED_OFF = Promise.resolve({ finding: { kind: "interrupted" }, ...NOT_SENT } as const);

interface Draining {
  readonly closeLanes: () => Promise<unknown>;
  readonly interrupts: Interrupts;
  /** Once off, nothing more is sent. */
  readonly calling: { isOff: boolean };
  readonly log: Logger;
}

/** After the grace period each attempt in flight is called off and its delivery handed back to its lane. */
async function drain({ closeLanes, interrupts, calling, log }: Draining, graceMs: number): Promise<void> {
  const calledOff = setTimeout(() => {
    calling.isOff = true;
    log.warn({ inFlight: interrupts.count() }, "grace period over; handing back what is in flight");
    interrupts.interruptAll();
  }, graceMs);
  let giveUp: NodeJS.Timeout | undefined;
  const tooLate = new Promise<"late">((resolve) => {
    giveUp = setTimeout(resolve, graceMs + HAND_BACK_MS, "late");
  });
  if ((await Promise.race([closeLanes(), tooLate])) === "late")
    log.warn("Redis does not answer; what was claimed is taken up by others when its claim runs out");
  clearTimeout(calledOff);
  clearTimeout(giveUp);
}
