// Our script that takes deliveries into a lane against BullMQ's own, which add one job each: what lies in the
// lane then, and what a worker of BullMQ's claims from it, is the same.

import { type Admission, TAKE_IN, toTakeIn } from "@postrider/redis/scripts/take-in";
import { createShard, type Shard } from "@postrider/redis/shard";
import { Queue, Worker } from "bullmq";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { keyPrefix } from "../support/key-prefix.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const NOW = 1_700_000_000_000;
const ATTEMPTS = 7;
const EVENTS_MAX = 100;

let shard: Shard;

beforeAll(async () => {
  const redis = openRedis(await isolatedRedisUrl(), { maxRetriesPerRequest: null });
  shard = createShard(redis, keyPrefix);
  return () => redis.disconnect();
});

/** How a lane stands when a chunk comes. */
interface Lane {
  readonly name: string;
  readonly isPaused: boolean;
  readonly concurrency: number | null;
  readonly active: number;
}

interface Order {
  readonly id: string;
  /** From now; null: at once. */
  readonly dueInMs: number | null;
}

let lanes = 0;

function toLane(): Lane {
  lanes += 1;
  return { name: `lane-${lanes}`, isPaused: false, concurrency: null, active: 0 };
}

async function prepare({ name, isPaused, concurrency, active }: Lane): Promise<void> {
  const meta = shard.keys.ofLane(name, "meta");
  await shard.redis.hset(meta, "opts.maxLenEvents", EVENTS_MAX);
  if (isPaused) await shard.redis.hset(meta, "paused", 1);
  if (concurrency !== null) await shard.redis.hset(meta, "concurrency", concurrency);
  const claimed = Array.from({ length: active }, (_, nth) => `claimed-${nth}`);
  if (active > 0) await shard.redis.lpush(shard.keys.ofLane(name, "active"), ...claimed);
}

function toAdmission({ id, dueInMs }: Order): Admission {
  const delivery = { v: 1, action: "a@1", customer: { id } } as const;
  const admission = { id, delivery, data: JSON.stringify(delivery) };
  return dueInMs === null ? admission : { ...admission, sendAt: NOW + dueInMs };
}

async function takeIn(lane: string, orders: readonly Order[]): Promise<number[]> {
  const [first, ...others] = orders.map(toAdmission);
  if (first === undefined) return [0, 0];
  const values = toTakeIn(shard.keys, [first, ...others], { lane, attempts: ATTEMPTS, now: NOW });
  return (await shard.redis.eval(TAKE_IN, ...(values as [number, ...string[]]))) as number[];
}

async function addByBullmq(lane: string, orders: readonly Order[]): Promise<void> {
  const queue = new Queue(lane, {
    connection: shard.redis,
    prefix: shard.keys.prefix,
    skipMetasUpdate: true,
  });
  await queue.addBulk(
    orders.map(toAdmission).map(({ id, delivery, sendAt = 0 }) => ({
      name: "delivery",
      data: delivery,
      opts: {
        jobId: id,
        attempts: ATTEMPTS,
        timestamp: NOW,
        ...(sendAt > NOW && { delay: sendAt - NOW }),
      },
    })),
  );
  await queue.close();
}

/** What lies in a lane, but for the stream of events. */
async function readLane(lane: string) {
  const { redis, keys } = shard;
  const of = (part: string) => keys.ofLane(lane, part);
  const wait = await redis.lrange(of("wait"), 0, -1);
  const delayed = await redis.zrange(of("delayed"), "0", "-1", "WITHSCORES");
  const ids = [...wait, ...delayed.filter((_, index) => index % 2 === 0)];
  return {
    wait,
    delayed,
    marker: await redis.zrange(of("marker"), "0", "-1", "WITHSCORES"),
    meta: await redis.hgetall(of("meta")),
    counter: await redis.get(of("id")),
    jobs: await Promise.all(ids.map(async (id) => toMeant(await redis.hgetall(keys.job(lane, id))))),
  };
}

/** What a job's fields mean to BullMQ: those that are missing are 0. */
function toMeant({ name: _, opts = "{}", delay = "0", priority = "0", ...fields }: Record<string, string>) {
  const { attempts, delay: first = 0 } = JSON.parse(opts);
  return { ...fields, delay, priority, attempts, first };
}

const orders = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 0, max: 40 }).map((nth) => `d${nth}`),
    // A few times, so that some are due in the same millisecond, and some in the past.
    dueInMs: fc.option(fc.constantFrom(-5, 0, 1, 2, 90_000), { nil: null }),
  }),
  { selector: ({ id }) => id, maxLength: 30 },
);

test("a lane is as BullMQ's own scripts would have left it, however it stood and whatever comes twice", async () => {
  const standing = fc.record({
    isPaused: fc.boolean(),
    concurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
    active: fc.integer({ min: 0, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(standing, fc.array(orders, { minLength: 1, maxLength: 3 }), async (stands, chunks) => {
      const [ours, theirs] = [toLane(), toLane()].map((lane) => ({ ...lane, ...stands })) as [Lane, Lane];
      await prepare(ours);
      await prepare(theirs);
      const seen = new Set<string>();
      for (const chunk of chunks) {
        const fresh = chunk.filter(({ id }) => !seen.has(id));
        const [enqueued, recovered, ...known] = await takeIn(ours.name, chunk);
        expect([enqueued, recovered, known.length]).toEqual([fresh.length, 0, chunk.length - fresh.length]);
        expect(known.map((place) => chunk[place - 1]?.id)).toEqual(
          chunk.filter(({ id }) => seen.has(id)).map(({ id }) => id),
        );
        // BullMQ counts those that it knows, too, in a counter that is for ids of its own making.
        await addByBullmq(theirs.name, fresh);
        for (const { id } of chunk) seen.add(id);
      }
      expect(await readLane(ours.name)).toEqual(await readLane(theirs.name));
      for (const id of seen) await shard.redis.del(shard.keys.outcome(id));
    }),
    { numRuns: 60 },
  );
});

test("a worker of BullMQ's claims the same from it, in the same order, and may retry it by its own strategy", async () => {
  const chunk = Array.from({ length: 20 }, (_, nth) => ({
    id: `c${nth}`,
    dueInMs: nth % 5 === 0 ? 1 : null,
  }));
  const claimed: unknown[][] = [];
  for (const add of [takeIn, addByBullmq]) {
    const lane = toLane();
    await prepare(lane);
    await add(lane.name, chunk);
    const worker = new Worker(lane.name, null, { connection: shard.redis, prefix: shard.keys.prefix });
    const jobs: unknown[] = [];
    for (let job = await worker.getNextJob("t"); job !== undefined; job = await worker.getNextJob("t"))
      jobs.push([job.id, job.data, job.opts.attempts, job.timestamp, job.attemptsMade, job.attemptsStarted]);
    claimed.push(jobs);
    await worker.close();
  }

  expect(claimed[0]).toHaveLength(chunk.length);
  expect(claimed[0]).toEqual(claimed[1]);
});

test("a chunk beyond what Lua hands over at once is one step, too, and known as a whole the next time", async () => {
  const { name } = toLane();
  const chunk = Array.from({ length: 9_000 }, (_, nth) => ({ id: `many${nth}`, dueInMs: null }));

  expect(await takeIn(name, chunk)).toEqual([9_000, 0]);
  expect(await takeIn(name, chunk)).toEqual([0, 0, ...chunk.map((_, index) => index + 1)]);
  expect(await shard.redis.llen(shard.keys.ofLane(name, "wait"))).toBe(9_000);
});

test("what claims tell in a lane's stream of events is trimmed where a lane is enqueued to", async () => {
  const { name } = toLane();
  const events = shard.keys.ofLane(name, "events");
  for (let nth = 0; nth < 1_000; nth++) await shard.redis.xadd(events, "*", "event", "active");

  await takeIn(name, [{ id: "trims", dueInMs: null }]);

  expect(await shard.redis.xlen(events)).toBeLessThan(3 * EVENTS_MAX);
});
