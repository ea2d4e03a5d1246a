// What charts are made of: counted in memory, added to Redis once, bounded, and read as series.

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { readCells, recentByAction, type SeriesQuery, toSeries } from "@postrider/redis/roll-up-series";
import { createRollUps, type Happened } from "@postrider/redis/roll-ups";
import { createAddRollUps } from "@postrider/redis/scripts/add-roll-ups";
import { MINUTE_MS } from "@postrider/shared/roll-up";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl, redisBinary } from "../support/redis.ts";

const LIMITS = { rollUpsMinutesKeptMs: 3_600_000, rollUpsHoursKeptMs: 7_200_000, rollUpsNamesMax: 100 };
const DELIVERED: Happened = {
  action: "welcome@3",
  destination: "https://api.example.com:443",
  lane: "bulk",
  run: "r",
  reason: "reply_2xx",
  enqueued: 0,
  sendMs: 30,
  outcome: "delivered",
  isRetry: false,
  latencyMs: 400,
};
const AT = Date.UTC(2026, 0, 2, 3, 4, 5);
const FROM = AT - (AT % MINUTE_MS);
const QUERY = { namesMax: 100, from: FROM, to: FROM + MINUTE_MS, stepMs: MINUTE_MS, unit: "minute" } as const;

let redis: Redis;
beforeEach(async () => {
  redis = openRedis(await isolatedRedisUrl());
});
afterEach(() => redis.disconnect());

const readSeries = async (shard: ReturnType<typeof toShard>, query: SeriesQuery) =>
  toSeries([await readCells(shard, query)], query);

test("several processes add up by every dimension, in minutes and hours that go by themselves", async () => {
  const shard = toShard(redis);
  const [one, other] = [createRollUps(shard, LIMITS, () => AT), createRollUps(shard, LIMITS, () => AT)];
  for (let count = 0; count < 5; count++) one.add(DELIVERED);
  await one.flush();
  other.add({
    ...DELIVERED,
    reason: "timeout",
    outcome: null,
    isRetry: true,
    latencyMs: null,
    sendMs: 1_600,
  });
  other.add({ ...DELIVERED, action: "other@1", reason: "gone", outcome: "failed", latencyMs: null });
  await other.flush();
  await one.flush();

  const measures = [
    "attempts",
    "delivered",
    "failed",
    "retries",
    "ended",
    "send_mean",
    "latency_p50",
  ] as const;
  const total = await readSeries(shard, { ...QUERY, measures, by: "total" });
  expect(total.map(({ points }) => points[0])).toEqual([7, 5, 1, 1, 6, 254, 375]);
  const hours = { from: AT - (AT % 3_600_000), to: AT, stepMs: 3_600_000, unit: "hour" } as const;
  expect(await readSeries(shard, { ...QUERY, ...hours, measures: ["attempts"], by: "action" })).toEqual([
    { measure: "attempts", name: "welcome", points: [6] },
    { measure: "attempts", name: "other", points: [1] },
  ]);
  const reasons = await readSeries(shard, { ...QUERY, measures: ["attempts"], by: "reason" });
  expect(Object.fromEntries(reasons.map(({ name, points }) => [name, points[0]]))).toEqual({
    reply_2xx: 5,
    timeout: 1,
    gone: 1,
  });
  for (const [unit, keptMs] of [
    ["minute", LIMITS.rollUpsMinutesKeptMs],
    ["hour", LIMITS.rollUpsHoursKeptMs],
  ] as const)
    for (const key of await redis.keys(`${shardKeys.prefix}:roll-ups:${unit}:*`))
      expect(Math.abs((await redis.pttl(key)) - keptMs)).toBeLessThanOrEqual(3_600_000);
});

test("a portion that is sent twice counts once, and one that Redis refused is added later", async () => {
  const shard = toShard(redis);
  const add = createAddRollUps(shard, "w", LIMITS);
  const cells = [["welcome", "b2c1"]] as const;
  const portion = { number: 1, groups: [{ minute: FROM / MINUTE_MS, dimension: "action" as const, cells }] };
  await add(portion);
  await add(portion);
  await add({ ...portion, number: 2 });
  expect(await redis.hgetall(shardKeys.rollUp("minute", FROM / MINUTE_MS, "action"))).toEqual({
    welcome: "b4c2",
  });

  // A server of its own, which is full for a while.
  const server = await startRedisServer({ binary: redisBinary() });
  redis.disconnect();
  redis = new Redis(server.url, { replyMapping: "legacy" });
  const rollUps = createRollUps(toShard(redis), LIMITS, () => AT);
  rollUps.add(DELIVERED);
  await redis.config("SET", "maxmemory", "1");
  await expect(rollUps.flush()).rejects.toThrow(/OOM/);
  rollUps.add(DELIVERED);
  await redis.config("SET", "maxmemory", "0");
  await rollUps.flush();
  const series = await readSeries(toShard(redis), { ...QUERY, measures: ["delivered"], by: "total" });
  expect(series).toMatchObject([{ points: [2] }]);
  redis.disconnect();
  await server.stop();
});

test("of thousands of names the busiest keep theirs, the rest is counted together, and Redis holds few", async () => {
  const shard = toShard(redis);
  const rollUps = createRollUps(shard, LIMITS, () => AT);
  for (let index = 0; index < 5_000; index++)
    rollUps.add({ ...DELIVERED, destination: `https://host-${index}.example.com:443` });
  for (let index = 0; index < 50; index++)
    rollUps.add({ ...DELIVERED, destination: "https://host-700.example.com:443" });
  rollUps.add({ ...DELIVERED, destination: `https://${"long.".repeat(60)}example.com:443` });
  await rollUps.flush();

  const key = shardKeys.rollUp("minute", FROM / MINUTE_MS, "destination");
  expect(await redis.hlen(key)).toBeLessThanOrEqual(101);
  expect(await redis.memory("USAGE", key)).toBeLessThan(20_000);
  const query = { ...QUERY, measures: ["delivered"], by: "destination", namesMax: 10 } as const;
  const series = await readSeries(shard, query);
  expect(series).toHaveLength(11);
  expect(series[0]).toMatchObject({ name: "https://host-700.example.com:443", points: [51] });
  expect(series.at(-1)).toMatchObject({ name: "", points: [5_051 - 51 - 9] });
});

test("what each action came to lately", async () => {
  const shard = toShard(redis);
  const rollUps = createRollUps(shard, LIMITS, Date.now);
  rollUps.add(DELIVERED);
  rollUps.add({ ...DELIVERED, reason: "gone", outcome: "failed" });
  await rollUps.flush();

  expect(await recentByAction(shard, 5)).toEqual(new Map([["welcome", { ended: 2, failed: 1 }]]));
});
