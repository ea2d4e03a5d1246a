// What a claim of a group takes and leaves, held against BullMQ's own claim of one after the other: the same
// lane twice, each taken from in its own way.

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createClaimWaiting } from "@postrider/redis/scripts/claim-waiting";
import { type JobsOptions, Queue, type QueueOptions } from "bullmq";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl, redisBinary } from "../support/redis.ts";

const LOCK_MS = 30_000;
const [OURS, BULLMQ] = ["ours", "bullmq"] as const;
type LaneName = typeof OURS | typeof BULLMQ;

let redis: Redis;
let queues: Record<LaneName, Queue>;

beforeEach(async () => {
  redis = openRedis(await isolatedRedisUrl());
  const options: QueueOptions & { lockDuration: number } = {
    connection: redis,
    prefix: shardKeys.prefix,
    lockDuration: LOCK_MS,
  };
  queues = { [OURS]: new Queue(OURS, options), [BULLMQ]: new Queue(BULLMQ, options) };
});
afterEach(async () => {
  for (const queue of Object.values(queues)) await queue.close();
  redis.disconnect();
});

/** What a claim gave: ids with their data, options and counts, then what the rest were told. */
interface Answer {
  readonly jobs: unknown[];
  readonly isLimited: boolean;
  readonly nextDueAt: number;
}

async function claimGroup(tokens: readonly string[], now: number): Promise<Answer> {
  const claimWaiting = createClaimWaiting(toShard(redis), OURS, LOCK_MS);
  const { jobs, limitedMs, nextDueAt } = await claimWaiting(tokens, now);
  return {
    jobs: jobs.map(({ id, data, options, ...facts }) => ({
      id,
      data: data === "" ? {} : JSON.parse(data),
      attempts: options === "" ? undefined : JSON.parse(options).attempts,
      made: facts.attemptsMade,
      claims: facts.claims,
      crashes: facts.crashes,
    })),
    isLimited: limitedMs > 0,
    nextDueAt,
  };
}

/** BullMQ's own, for as many tokens; it reads the clock itself. */
async function claimSingly(tokens: readonly string[]): Promise<Answer> {
  const jobs: unknown[] = [];
  for (const token of tokens) {
    const [job, id, limitedMs, nextDueAt] = await queues[BULLMQ].backend.moveToActive(token);
    if (job === null) return { jobs, isLimited: limitedMs > 0, nextDueAt: Math.floor(nextDueAt) };
    jobs.push({
      id,
      data: JSON.parse(job.data ?? "{}"),
      attempts: job.opts.attempts,
      made: job.attemptsMade,
      claims: job.attemptsStarted,
      crashes: job.stalledCounter ?? 0,
    });
  }
  return { jobs, isLimited: false, nextDueAt: 0 };
}

/** All that the lane holds and that a claim may change. */
async function stateOf(lane: LaneName, ids: readonly string[]): Promise<unknown> {
  const part = (name: string) => shardKeys.ofLane(lane, name);
  return {
    wait: await redis.lrange(part("wait"), 0, -1),
    active: await redis.lrange(part("active"), 0, -1),
    delayed: await redis.zrange(part("delayed"), "0", "-1"),
    limiter: await redis.get(part("limiter")),
    isLimiterPassing: (await redis.pttl(part("limiter"))) > 0,
    claims: await Promise.all(ids.map((id) => redis.hget(shardKeys.job(lane, id), "ats"))),
    locks: await Promise.all(ids.map((id) => redis.get(`${shardKeys.job(lane, id)}:lock`))),
    lockTimes: await Promise.all(
      ids.map(async (id) => (await redis.pttl(`${shardKeys.job(lane, id)}:lock`)) > LOCK_MS / 2),
    ),
  };
}

const IDS = ["a", "b", "c", "d", "e", "f"];

interface Scene {
  readonly name: string;
  /** Per delivery; none: it waits. */
  readonly options?: (index: number) => JobsOptions;
  readonly prepare?: (queue: Queue, lane: LaneName) => Promise<unknown>;
  readonly tokens: number;
}

const meta = (fields: Record<string, number>) => (_: Queue, lane: LaneName) =>
  redis.hset(shardKeys.ofLane(lane, "meta"), fields);

const HOUR_MS = 3_600_000;

const SCENES: readonly Scene[] = [
  { name: "fewer slots than wait", tokens: 2 },
  { name: "as many slots as wait", tokens: 6 },
  { name: "more slots than wait", tokens: 9 },
  { name: "one slot", tokens: 1 },
  { name: "an empty lane", prepare: (queue) => queue.drain(), tokens: 3 },
  { name: "a paused lane", prepare: (queue) => queue.pause(), tokens: 3 },
  { name: "a limit in flight below the slots", prepare: meta({ concurrency: 4 }), tokens: 6 },
  {
    name: "a limit in flight that is reached",
    prepare: async (_, lane) => {
      await redis.hset(shardKeys.ofLane(lane, "meta"), { concurrency: 2 });
      await redis.lpush(shardKeys.ofLane(lane, "active"), "x", "y");
    },
    tokens: 3,
  },
  { name: "a rate below the slots", prepare: meta({ max: 4, duration: HOUR_MS }), tokens: 6 },
  { name: "a rate that is just enough", prepare: meta({ max: 6, duration: HOUR_MS }), tokens: 6 },
  {
    name: "a rate that is used up",
    prepare: async (_, lane) => {
      await redis.hset(shardKeys.ofLane(lane, "meta"), { max: 4, duration: HOUR_MS });
      await redis.set(shardKeys.ofLane(lane, "limiter"), 4, "PX", HOUR_MS);
    },
    tokens: 3,
  },
  {
    name: "a rate that is held by hand",
    prepare: async (_, lane) => {
      await redis.hset(shardKeys.ofLane(lane, "meta"), { max: 4, duration: HOUR_MS });
      await redis.set(shardKeys.ofLane(lane, "limiter"), String(2 ** 53 - 1), "PX", HOUR_MS);
    },
    tokens: 3,
  },
  { name: "all delayed", options: () => ({ delay: HOUR_MS }), tokens: 3 },
  {
    name: "some delayed, some not",
    options: (index) => (index % 2 === 0 ? { delay: HOUR_MS } : {}),
    tokens: 5,
  },
  {
    name: "delayed ones that are due, behind those that wait",
    options: (index) => (index < 4 ? { delay: HOUR_MS + index } : {}),
    prepare: (_, lane) => moveDue(lane, 3),
    tokens: 4,
  },
  {
    name: "one whose data are lost",
    prepare: (_, lane) => redis.del(shardKeys.job(lane, "b")),
    tokens: 3,
  },
  {
    name: "one that was tried, claimed and given up before",
    prepare: (_, lane) => redis.hset(shardKeys.job(lane, "a"), { atm: 2, ats: 5, stc: 1 }),
    tokens: 2,
  },
];

/** Lets so many of the delayed ones be due. */
async function moveDue(lane: LaneName, count: number): Promise<void> {
  const key = shardKeys.ofLane(lane, "delayed");
  for (const [index, id] of (await redis.zrange(key, "0", String(count - 1))).entries())
    await redis.zadd(key, index + 1, id);
}

for (const { name, options = () => ({}), prepare, tokens } of SCENES)
  test(`a claim of a group leaves a lane as BullMQ's own claims leave it: ${name}`, async () => {
    const timestamp = Date.now();
    for (const lane of [OURS, BULLMQ] as const) {
      const queue = queues[lane];
      for (const [index, id] of IDS.entries())
        await queue.add("delivery", { n: id }, { jobId: id, attempts: 3, timestamp, ...options(index) });
      await prepare?.(queue, lane);
    }
    const asked = Array.from({ length: tokens }, (_, index) => `token-${index}`);

    const [ours, theirs] = [await claimGroup(asked, Date.now()), await claimSingly(asked)];

    expect(ours).toEqual(theirs);
    expect(await stateOf(OURS, IDS)).toEqual(await stateOf(BULLMQ, IDS));
    const wakes = async (lane: LaneName) => (await redis.exists(shardKeys.ofLane(lane, "marker"))) === 1;
    if (ours.jobs.length > 0 && (await redis.llen(shardKeys.ofLane(OURS, "wait"))) > 0)
      expect([await wakes(OURS), await wakes(BULLMQ)]).toEqual([true, true]);
  });

test("a full Redis lets nothing be claimed, and what waits stays as it was", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  onTestFinished(() => server.stop());
  const full = openRedis(server.url);
  onTestFinished(() => full.disconnect());
  const wait = shardKeys.ofLane(OURS, "wait");
  await full.lpush(wait, ...IDS);
  await full.config("SET", "maxmemory", "1000");

  const claimWaiting = createClaimWaiting(toShard(full), OURS, LOCK_MS);
  await expect(claimWaiting(["one", "other"], Date.now())).rejects.toThrow(/OOM/);
  expect(await full.llen(wait)).toBe(IDS.length);
});
