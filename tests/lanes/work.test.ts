import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { ENSURE_LANE, toEnsure } from "@postrider/redis/lane-directory";
import { createAdmit } from "@postrider/redis/scripts/admit";
import { hastenRetries } from "@postrider/redis/scripts/hasten";
import { reschedule } from "@postrider/redis/scripts/reschedule";
import { toLaneMark } from "@postrider/shared/outcome";
import { createWork } from "@postrider/worker/serve/work";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl, redisBinary } from "../support/redis.ts";
import { deleteKeys } from "../support/redis-keys.ts";

/** Of Redis' own clock, by which arrivals are noted. */
async function readTime(redis: Redis): Promise<number> {
  return Number((await redis.time())[0]) * 1_000;
}

async function open(server?: string): Promise<{ redis: Redis; now: number }> {
  const url = server ?? (await isolatedRedisUrl());
  const redis = openRedis(url);
  onTestFinished(() => redis.disconnect());
  await deleteKeys(url);
  return { redis, now: await readTime(redis) };
}

function laneNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `run.empty${index}`);
}

test("lanes with deliveries that wait, are due or are in flight have work, and for some seconds after; others have none", async () => {
  const { redis, now } = await open();
  const work = createWork(toShard(redis));
  await redis.lpush(shardKeys.ofLane("run.waits", "wait"), "d");
  await redis.lpush(shardKeys.ofLane("run.flies", "active"), "d");
  await redis.zadd(shardKeys.ofLane("run.due", "delayed"), (now - 1) * 0x1000, "d");
  await redis.zadd(shardKeys.ofLane("run.later", "delayed"), (now + 60_000) * 0x1000, "d");
  const lanes = [...laneNames(1_200), "run.waits", "run.flies", "run.due", "run.later"];

  expect(await work.find(lanes, now)).toEqual(["run.waits", "run.flies", "run.due"]);

  await redis.del(shardKeys.ofLane("run.waits", "wait"), shardKeys.ofLane("run.flies", "active"));
  expect(await work.find(lanes, now + 4_000)).toEqual(["run.waits", "run.flies", "run.due"]);
  expect(await work.find(lanes, now + 6_000)).toEqual(["run.due"]);
  await redis.lpush(shardKeys.ofLane("run.empty777", "wait"), "d");
  await redis.zadd(shardKeys.ownLaneArrivals(), now + 6_500, "run.empty777");
  expect(await work.find(lanes, now + 7_000)).toEqual(["run.empty777", "run.due"]);
  await redis.del(shardKeys.ofLane("run.due", "delayed"));
  for (const at of [13_000, 26_000, 39_000, 52_000]) await work.find(lanes, now + at);
  expect(await work.find(lanes, now + 59_000), "due in a second").toContain("run.later");
});

test("what is enqueued into an own lane that has long been idle is found at the next look", async () => {
  const { redis, now } = await open();
  const shard = toShard(redis);
  const [work, admit] = [createWork(shard), createAdmit(shard)];
  const entry = { lane: "run.empty9", kind: "run", of: "empty9", createdAt: now } as const;
  const queue = new Queue(entry.lane, { connection: redis, prefix: shardKeys.prefix });
  onTestFinished(() => queue.close());
  await redis.eval(ENSURE_LANE, ...toEnsure(toShard(redis), entry));
  const lanes = laneNames(1_000);
  await work.find(lanes, now);
  await redis.del(shardKeys.ownLaneArrivals());

  const delivery = { v: 1, action: "a@1", customer: { id: 1 }, run: "empty9" } as const;
  const entrance = { queue, ownLane: entry, run: "empty9", attempts: 1 };
  expect(await admit([{ id: "d", delivery, data: JSON.stringify(delivery) }], entrance)).toMatchObject({
    enqueued: 1,
  });
  expect(await work.find(lanes, now + 400)).toEqual([entry.lane]);
});

test("what comes into an own lane is found at the next look, also where others' lanes are many", async () => {
  const { redis, now } = await open();
  const work = createWork(toShard(redis));
  const lanes = laneNames(1_000);
  await work.find(lanes, now);
  const entry = { lane: "run.empty900", kind: "run", of: "empty900", createdAt: now } as const;
  const ensure = () => redis.eval(ENSURE_LANE, ...toEnsure(toShard(redis), entry));
  await ensure();
  await redis.lpush(shardKeys.ofLane(entry.lane, "wait"), "d");

  expect(await work.find(lanes, await readTime(redis))).toEqual(["run.empty900"]);

  const noted = await redis.zscore(shardKeys.ownLaneArrivals(), entry.lane);
  await ensure();
  expect(await redis.zscore(shardKeys.ownLaneArrivals(), entry.lane), "others waited there").toBe(noted);
});

test("what is hastened or comes earlier is found at once, though its lane was not looked at any more", async () => {
  const { redis, now } = await open();
  const shard = toShard(redis);
  const work = createWork(shard);
  const lanes = ["run.hastened", "run.earlier"];
  const data = "{}";
  for (const lane of lanes) {
    await redis.zadd(shardKeys.ofLane(lane, "delayed"), (now + 60_000) * 0x1000, lane);
    await redis.hset(shardKeys.job(lane, lane), { ats: 1, data });
    await redis.set(shardKeys.outcome(lane), toLaneMark(lane));
  }
  const many = [...lanes, ...laneNames(100)];
  expect(await work.find(many, now)).toEqual([]);
  await work.find(many, now + 1);
  await hastenRetries(shard, [{ id: "run.hastened", lane: "run.hastened" }]);
  const id = "run.earlier";
  await reschedule(shard, { id, lane: id, from: data, to: data, dueAt: now + 500, now });

  expect(await work.find(many, now + 2)).toEqual(lanes);
});

test("what nobody noted is found within so many looks, and what may run again at once", async () => {
  const { redis, now } = await open();
  const work = createWork(toShard(redis));
  const lanes = laneNames(100);
  for (let look = 0; look < 2; look++) await work.find(lanes, now + look);
  await redis.lpush(shardKeys.ofLane("run.empty3", "wait"), "d");
  await redis.lpush(shardKeys.ofLane("run.empty60", "wait"), "d");

  expect(await work.find(lanes, now + 2)).toEqual([]);
  // Paused, and resumed.
  await work.find(
    lanes.filter((lane) => lane !== "run.empty3"),
    now + 3,
  );
  expect(await work.find(lanes, now + 4)).toEqual(["run.empty3"]);
  for (let look = 5; look < 27; look++) await work.find(lanes, now + look);
  expect(await work.find(lanes, now + 27)).toEqual(["run.empty3", "run.empty60"]);
});

test("a delivery may move into a known lane where Redis is full", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  onTestFinished(() => server.stop());
  const { redis, now } = await open(server.url);
  const entry = { lane: "run.one", kind: "run", of: "one", createdAt: now } as const;
  const ensure = () => redis.eval(ENSURE_LANE, ...toEnsure(toShard(redis), entry));
  await ensure();
  await redis.del(shardKeys.ownLaneArrivals());
  await redis.config("SET", "maxmemory", "1");

  await ensure();

  expect(await redis.zrange(shardKeys.ownLaneArrivals(), "0", "-1")).toEqual(["run.one"]);
});

test("a look at ten thousand idle lanes costs two commands and a few kilobytes", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  onTestFinished(() => server.stop());
  const { redis, now } = await open(server.url);
  const work = createWork(toShard(redis));
  const lanes = laneNames(10_000);
  const read = async () => {
    const info = `${await redis.info("stats")}${await redis.info("commandstats")}`;
    const number = (pattern: RegExp) => Number(pattern.exec(info)?.[1] ?? 0);
    return {
      bytes: number(/total_net_input_bytes:(\d+)/) + number(/total_net_output_bytes:(\d+)/),
      asked: number(/cmdstat_evalsha:calls=(\d+)/) + number(/cmdstat_zrangebyscore:calls=(\d+)/),
      looked: number(/cmdstat_exists:calls=(\d+)/),
    };
  };
  await work.find(lanes, now);
  const ofReading = await read();
  const before = await read();
  for (let look = 1; look <= 25; look++) await work.find(lanes, now + 400 * look);
  const after = await read();

  expect(after.asked - before.asked).toBe(50);
  expect(after.looked - before.looked, "each lane once in all of them").toBe(10_000);
  const bytes = after.bytes - before.bytes - (before.bytes - ofReading.bytes);
  expect(bytes / 25).toBeLessThan(16_000);
});
