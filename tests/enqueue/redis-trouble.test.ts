import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { postrider } from "../support/processes.ts";
import { redisBinary } from "../support/redis.ts";
import { customers } from "../support/system.ts";

test("a Redis that may evict is refused, by producers and by workers", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  const redis = new Redis(server.url, { replyMapping: "legacy" });
  await redis.config("SET", "maxmemory-policy", "allkeys-lru");
  redis.disconnect();

  await expect(createProducer({ redis: server.url })).rejects.toMatchObject({ code: "redis_evicts" });
  const worker = await postrider(["worker"], {
    POSTRIDER_REDIS_URL: server.url,
    POSTRIDER_METRICS_PORT: "0",
  });
  expect(worker.code).toBe(1);
  expect(worker.stderr).toContain("noeviction");
  await server.stop();
});

test("a Redis that is away is said at once, at the start and later", async () => {
  await expect(createProducer({ redis: "redis://127.0.0.1:1" })).rejects.toMatchObject({
    code: "redis_unavailable",
  });

  const server = await startRedisServer({ binary: redisBinary() });
  const producer = await createProducer({ redis: server.url });
  await producer.actions.apply({ id: "a", url: "https://example.com/" });
  await server.kill();

  await expect(producer.enqueue({ action: "a", customer: { id: 1 } })).rejects.toMatchObject({
    code: "redis_unavailable",
  });
  await expect(
    producer.enqueueMany({ action: "a", customers: customers(3), run: "r" }),
  ).rejects.toMatchObject({ code: "redis_unavailable" });
  await expect(producer.runs.get("r")).rejects.toMatchObject({ code: "redis_unavailable" });
  await producer.close();
});

test("a full Redis is said at once, nothing is half-written, and the same run goes on when there is room", async () => {
  const server = await startRedisServer({ binary: redisBinary(), maxMemory: "8mb" });
  const producer = await createProducer({ redis: server.url });
  await producer.actions.apply({ id: "a", url: "https://example.com/" });
  const list = customers(30_000);

  await expect(producer.enqueueMany({ action: "a", customers: list, run: "r" })).rejects.toMatchObject({
    code: "redis_full",
  });
  const { enqueued } = await producer.runs.get("r");
  // The first thousand share a lane, the rest of the run waits in its own.
  const waiting = async () =>
    (await producer.lanes.backlog("bulk")).waiting + (await producer.lanes.backlog("run.r")).waiting;
  expect(enqueued).toBeGreaterThan(0);
  expect(await waiting()).toBe(enqueued);

  const redis = new Redis(server.url, { replyMapping: "legacy" });
  await redis.config("SET", "maxmemory", "0");
  redis.disconnect();
  expect(await producer.enqueueMany({ action: "a", customers: list, run: "r" })).toMatchObject({
    enqueued: 30_000 - enqueued,
    duplicates: enqueued,
  });
  expect(await waiting()).toBe(30_000);
  await producer.close();
  await server.stop();
});
