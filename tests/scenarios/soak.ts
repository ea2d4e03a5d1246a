// Everything goes wrong at once, for a while: workers and Redis are killed, destinations flap, the producer
// comes and goes, those who read outcomes are killed. At the end nothing is lost, each delivery has one
// outcome, which was told once, and the account balances.

import { createProducer, type Producer } from "@postrider/producer/producer";
import { PostriderError } from "@postrider/shared/errors";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Fleet, startFleet, untilOver } from "../support/fleet.ts";
import { type Behaviour, hang, ok, type Receiver, reply, reset, startReceiver } from "../support/receiver.ts";
import { seeded } from "./chance.ts";
import { startOutcomeReaders } from "./outcome-readers.ts";
import { type SoakRedis, startOneRedis, startShardedRedis } from "./soak-redis.ts";

export interface Soak {
  readonly seconds: number;
  readonly deliveries: number;
  /** Redis servers, each a shard. */
  readonly servers: number;
  /** A worker dies about so often, and a Redis. */
  readonly workerEveryMs: number;
  readonly redisEveryMs: number;
  readonly seed: number;
  readonly limitMs: number;
}

const WORKERS = 3;
const CONCURRENCY = 20;
const DESTINATIONS = 5;
const RUN = 2_500;
/** Lanes in which a worker may have deliveries in flight: bulk, some runs, the destinations. */
const LANES_MAX = 2 + DESTINATIONS + 3;
/**
 * One in so many, where a worker dies every few seconds. On a busy machine claims also run out while their
 * worker has no turn.
 */
const CRASHED_ONE_IN = 100;
const FAULTS: readonly Behaviour[] = [reply(503), reset(), hang(), reply(429, { "retry-after": "1" })];

export async function soak(options: Soak): Promise<void> {
  const { seconds, deliveries, seed, limitMs } = options;
  const random = seeded(seed);
  await using redis = await (options.servers === 1 ? startOneRedis() : startShardedRedis(options.servers));
  const faults: (Behaviour | null)[] = [];
  const accepted = new Map<string, number>();
  const receivers: Receiver[] = [];
  for (let index = 0; index < DESTINATIONS; index++)
    receivers.push(await startFlapping(index, faults, accepted));
  // Which shards there are is known before the first worker looks.
  await insist(redis, applyAction);
  await using fleet = startFleet(redis.firstUrl, WORKERS, {
    POSTRIDER_REDIS_URL: redis.setting,
    POSTRIDER_CONCURRENCY: String(CONCURRENCY),
    POSTRIDER_LOCK_MS: "5000",
    POSTRIDER_STALLED_CHECK_MS: "1000",
    POSTRIDER_CIRCUIT_PAUSE_MS: "500",
    POSTRIDER_CIRCUIT_PAUSE_MAX_MS: "2000",
  });
  await fleet.untilServing();
  // From here on: a busy machine takes long until all of them serve.
  const until = Date.now() + seconds * 1_000;

  await using readers = startOutcomeReaders(redis.setting);
  const enqueueing = enqueueAll(redis, deliveries, receivers, until);
  const deaths = { workers: 0, redis: 0 };
  const disturbing = [
    every(options.workerEveryMs, until, random, async () => {
      deaths.workers += 1;
      await killOne(fleet, random);
    }),
    every(options.redisEveryMs, until, random, async () => {
      deaths.redis += 1;
      await redis.disturb(random);
    }),
    every(options.redisEveryMs, until, random, async () => readers.kill()),
    every(2_000, until, random, async () => {
      const fault = FAULTS[Math.floor(random() * FAULTS.length)] ?? null;
      faults[Math.floor(random() * DESTINATIONS)] = random() < 0.5 ? null : fault;
    }),
  ];
  await Promise.all(disturbing);
  faults.fill(null);
  const runs = await enqueueing;
  console.log("soak", { seed, servers: options.servers, ...deaths, runs: runs.length });
  const ended = await balance({ redis, runs, deliveries, accepted, deaths, limitMs });
  await readers.settle(ended, limitMs);
  await Promise.all(receivers.map((receiver) => receiver.close()));
}

interface Account {
  readonly redis: SoakRedis;
  readonly runs: readonly string[];
  readonly deliveries: number;
  readonly accepted: ReadonlyMap<string, number>;
  readonly deaths: { readonly workers: number; readonly redis: number };
  readonly limitMs: number;
}

/** @returns how many deliveries ended how. */
async function balance({
  redis,
  runs,
  deliveries,
  accepted,
  deaths,
  limitMs,
}: Account): Promise<Record<string, number>> {
  const producer = await createProducer(redis.options);
  const sum = { enqueued: 0, delivered: 0, crashed: 0 };
  for (const name of runs) {
    const { enqueued, delivered, failed, failedByReason, expired } = await untilOver(producer, name, limitMs);
    // Chance lets some be in flight each time under three deaths in a row, as one that kills its workers is.
    const { crash = 0, ...others } = failedByReason;
    expect({ others, expired, ended: delivered + failed }, name).toEqual({
      others: {},
      expired: 0,
      ended: enqueued,
    });
    expect(failed, name).toBe(crash);
    sum.enqueued += enqueued;
    sum.delivered += delivered;
    sum.crashed += crash;
  }
  expect(sum.enqueued).toBe(deliveries);
  expect(sum.crashed).toBeLessThanOrEqual(deliveries / CRASHED_ONE_IN);
  // Answered, and its worker died before it wrote that down: some that crashed have arrived.
  expect(accepted.size).toBeGreaterThanOrEqual(sum.delivered);
  expect(await redis.readTotals()).toEqual({ enqueued: deliveries, ended: deliveries });
  const doubled = [...accepted.values()].reduce((sum, times) => sum + times - 1, 0);
  console.log("soak", { ...sum, doubled, ...deaths });
  // What was in flight: of one worker when it died, of all of them when Redis did.
  const inFlight = CONCURRENCY * LANES_MAX;
  expect(doubled).toBeLessThanOrEqual((deaths.workers + deaths.redis * WORKERS) * inFlight);
  await producer.close();
  return { delivered: sum.delivered, ...(sum.crashed > 0 && { failed: sum.crashed }) };
}

async function startFlapping(
  index: number,
  faults: (Behaviour | null)[],
  accepted: Map<string, number>,
): Promise<Receiver> {
  faults[index] = null;
  return startReceiver(({ key }) => {
    const fault = faults[index];
    if (fault !== null && fault !== undefined) return fault;
    accepted.set(key, (accepted.get(key) ?? 0) + 1);
    return ok();
  });
}

async function killOne(fleet: Fleet, random: () => number): Promise<void> {
  const victim = fleet.running[Math.floor(random() * fleet.running.length)];
  victim?.kill("SIGKILL");
  await victim?.exited;
  fleet.start();
}

/**
 * Enqueues run after run, evenly over the time, with a new producer each time and again after each trouble.
 * @returns the runs.
 */
async function enqueueAll(
  redis: SoakRedis,
  deliveries: number,
  receivers: readonly Receiver[],
  until: number,
): Promise<string[]> {
  const ports = receivers.map((receiver) => new URL(receiver.url).port);
  const startedAt = Date.now();
  const runs: string[] = [];
  for (let done = 0; done < deliveries; done += RUN) {
    const count = Math.min(RUN, deliveries - done);
    const run = `soak${runs.length}`;
    runs.push(run);
    const customers = Array.from({ length: count }, (_, nth) => ({
      id: nth + 1,
      port: ports[nth % ports.length],
    }));
    await insist(redis, async (producer) => {
      await applyAction(producer);
      await producer.enqueueMany({ action: "a", customers, run });
    });
    const due = startedAt + ((until - startedAt) * (done + count)) / deliveries;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
  }
  return runs;
}

/** As a campaign engine does: when Redis is away, the same again, until it has gone well. */
async function insist({ options }: SoakRedis, work: (producer: Producer) => Promise<void>): Promise<void> {
  await eventually(async () => {
    const producer = await createProducer(options);
    try {
      await work(producer);
    } catch (error) {
      if (!(error instanceof PostriderError)) throw new Error("no typed error", { cause: error });
      throw error;
    } finally {
      await producer.close();
    }
  });
}

async function applyAction(producer: Producer): Promise<void> {
  await producer.actions.apply({
    id: "a",
    url: "http://127.0.0.1:{{ customer.port }}/x",
    body: "{{ customer }}",
    timeoutMs: 2_000,
    retry: { attempts: 100, baseMs: 500, factor: 1.5, maxMs: 3_000 },
  });
}

async function every(
  ms: number,
  until: number,
  random: () => number,
  work: () => Promise<void>,
): Promise<void> {
  for (;;) {
    const waitMs = ms * (0.5 + random());
    if (Date.now() + waitMs >= until) return;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    await work();
  }
}
