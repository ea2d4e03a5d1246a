// A producer keeps the actions that it has read, and asks each time only whether they still are the latest.

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { storeKeys } from "../support/keys.ts";
import { redisBinary } from "../support/redis.ts";

const LONG = "Thank you. ".repeat(3_000);

let redis: Redis;
let producer: Awaited<ReturnType<typeof createProducer>>;
beforeEach(async () => {
  // What it sends is counted: nobody else may ask it.
  const server = await startRedisServer({ binary: redisBinary() });
  redis = new Redis(server.url);
  producer = await createProducer({ redis: server.url });
  onTestFinished(async () => {
    await producer.close();
    redis.disconnect();
    await server.stop();
  });
});

const action = (body: string, attempts = 3) => ({
  id: "a",
  method: "POST",
  url: "https://host.example.com/{{ customer.id }}",
  body,
  retry: { attempts },
});

async function bytesRead(work: () => Promise<unknown>): Promise<number> {
  const written = async (): Promise<number> =>
    Number(/total_net_output_bytes:(\d+)/.exec(await redis.info("stats"))?.[1]);
  const own = (await redis.info("stats")).length;
  const before = await written();
  await work();
  return (await written()) - before - own;
}

async function attemptsOf(id: string): Promise<number> {
  const options = await redis.hget(producer.lanes.queue("transactional").toKey(id), "opts");
  return JSON.parse(options ?? "{}").attempts;
}

test("enqueueing one by one, a document is read once, and a new version is taken at once", async () => {
  await producer.actions.apply(action(LONG));
  const enqueue = () => producer.enqueue({ action: "a", customer: { id: 1 } });
  expect(await bytesRead(enqueue)).toBeGreaterThan(LONG.length);
  const again = await bytesRead(async () => {
    for (let count = 0; count < 20; count++) await enqueue();
  });
  expect(again).toBeLessThan(LONG.length);

  await producer.actions.apply(action(LONG, 7));
  expect(await attemptsOf((await enqueue()).id)).toBe(7);
  await producer.actions.archive("a");
  await expect(enqueue()).rejects.toMatchObject({ code: "action_archived" });
  await producer.actions.restore("a");
  expect(await attemptsOf((await enqueue()).id)).toBe(7);
  expect((await producer.actions.get("a@1")).action.retry).toMatchObject({ attempts: 3 });
});

test("what a caller does to an action that it has read is nobody else's", async () => {
  await producer.actions.apply(action("one"));
  const { action: mine } = await producer.actions.get("a");
  Object.assign(mine, { url: "https://other.example.com/", retry: { attempts: 11 } });
  expect((await producer.actions.get("a")).action.url).toContain("host.example.com");
  expect(await attemptsOf((await producer.enqueue({ action: "a", customer: { id: 1 } })).id)).toBe(3);
});

test("an action that was lost, and counts from 1 again, is not taken for the one before", async () => {
  await producer.actions.apply(action("one"));
  await producer.enqueue({ action: "a", customer: { id: 1 } });
  await redis.del(storeKeys.action("a"), storeKeys.actions());
  await expect(producer.enqueue({ action: "a", customer: { id: 1 } })).rejects.toMatchObject({
    code: "action_unknown",
  });
  await producer.actions.apply(action("two", 9));
  const { id } = await producer.enqueue({ action: "a", customer: { id: 1 } });
  expect(await attemptsOf(id)).toBe(9);
  expect(await producer.actions.get("a")).toMatchObject({ version: 1, action: { body: "two" } });
});
