// When a lane's worker claims, and when it does not: on a real lane, with a handler that ends when told.

import { openLaneClaims } from "@postrider/redis/lane-claims";
import { createLogger } from "@postrider/shared/log";
import { createLaneWorker, type LaneWorker } from "@postrider/worker/serve/lane-worker";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const LANE = "bulk";
const LOCK_MS = 1_000;

let redis: Redis;
let queue: Queue;
let worker: LaneWorker | undefined;
let claims: number;
let underWay: Map<string, () => Promise<void>>;
let reclaimed: string[];

beforeEach(async () => {
  // As a worker's own connection is.
  redis = openRedis(await isolatedRedisUrl(), { maxRetriesPerRequest: null });
  queue = new Queue(LANE, { connection: redis, prefix: shardKeys.prefix });
  [claims, underWay, reclaimed] = [0, new Map(), []];
});
afterEach(async () => {
  const closing = worker?.close();
  for (const end of underWay.values()) void end();
  await closing;
  await queue.close();
  redis.disconnect();
});

function start(slots: number, lockMs = LOCK_MS): void {
  const trouble = (error: Error): void => expect.unreachable(error.message);
  const times = { lockMs, stalledCheckMs: LOCK_MS };
  const opened = openLaneClaims(LANE, { shard: toShard(redis), ...times, trouble });
  worker = createLaneWorker({
    ...times,
    slots,
    claims: {
      ...opened,
      claim(tokens, now) {
        claims += 1;
        return opened.claim(tokens, now);
      },
    },
    handle: ({ id }, token) =>
      new Promise((resolve) => {
        underWay.set(id, async () => {
          underWay.delete(id);
          await opened.drop({ id, token });
          resolve();
        });
      }),
    reclaimed: (id) => reclaimed.push(id),
    trouble,
    log: createLogger({ level: "silent", format: "json" }).log,
  });
}

const add = (from: number, count: number, delay = 0) =>
  queue.addBulk(
    Array.from({ length: count }, (_, index) => ({
      name: "delivery",
      data: {},
      opts: { jobId: `d-${from + index}`, delay },
    })),
  );
const ids = () => [...underWay.keys()].sort();
const endAll = () => Promise.all([...underWay.values()].map((end) => end()));

test("as many as there are slots are in flight, and more at once when there are more slots", async () => {
  await add(0, 8);
  start(3);
  await eventually(() => expect(underWay.size).toBe(3));
  worker?.setSlots(5);
  await eventually(() => expect(underWay.size).toBe(5));
  await endAll();
  await eventually(() => expect(ids()).toEqual(["d-5", "d-6", "d-7"]));
});

test("a lane that was found empty is not asked when something ends, and woken when something comes", async () => {
  await add(0, 3);
  start(10);
  await eventually(() => expect(underWay.size).toBe(3));
  await eventually(async () => expect(await redis.exists(shardKeys.ofLane(LANE, "marker"))).toBe(0));
  const before = claims;
  for (const end of underWay.values()) await end();
  // One may have come by itself meanwhile, as every few seconds.
  expect(claims - before).toBeLessThan(3);

  await add(3, 2);
  await eventually(() => expect(ids()).toEqual(["d-3", "d-4"]));
});

test("a lane at its limit in flight is asked each time that something ends", async () => {
  await redis.hset(shardKeys.ofLane(LANE, "meta"), { concurrency: 2 });
  await add(0, 6);
  start(10);
  for (const expected of [
    ["d-0", "d-1"],
    ["d-2", "d-3"],
    ["d-4", "d-5"],
  ]) {
    await eventually(() => expect(ids()).toEqual(expected));
    await endAll();
  }
});

test("what is delayed is claimed when it is due, and not before", async () => {
  const dueAt = Date.now() + 700;
  await add(0, 1, 700);
  start(10);
  await eventually(() => expect(ids()).toEqual(["d-0"]));
  expect(Date.now()).toBeGreaterThanOrEqual(dueAt);
});

test("the claim of what takes longer than a claim holds is renewed", async () => {
  await add(0, 1);
  // Longer than a busy machine lets a process stand still.
  const lockMs = 4 * LOCK_MS;
  start(10, lockMs);
  await eventually(() => expect(ids()).toEqual(["d-0"]));
  const until = Date.now() + 2 * lockMs;
  await eventually(() => expect(Date.now()).toBeGreaterThan(until));
  expect(await redis.exists(`${shardKeys.job(LANE, "d-0")}:lock`)).toBe(1);
  expect(reclaimed).toEqual([]);
});

test("what nobody holds any more is put back, told, and claimed again", async () => {
  await add(0, 1);
  const [id] = await redis.lrange(shardKeys.ofLane(LANE, "wait"), 0, 0);
  await redis.rpoplpush(shardKeys.ofLane(LANE, "wait"), shardKeys.ofLane(LANE, "active"));
  start(10);
  await eventually(() => expect(ids()).toEqual([id]));
  expect(reclaimed).toEqual([id]);
});
