import { startRedisServer } from "@postrider/cli/redis/redis-server";
import type { DeliveryOrder } from "@postrider/producer/enqueue/enqueue";
import { createProducer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { redisBinary } from "../support/redis.ts";
import { startSystem } from "../support/system.ts";

const ACTIONS = 60;

test("deliveries of many actions, handed in together, are taken in together", async () => {
  // Its scripts are counted: nobody else may ask it.
  const server = await startRedisServer({ binary: redisBinary() });
  onTestFinished(() => server.stop());
  const redis = new Redis(server.url);
  const producer = await createProducer({ redis: server.url });
  for (let index = 0; index < ACTIONS; index++)
    await producer.actions.apply({
      id: `a${index}`,
      url: `https://host-${index % 7}.example.com/{{ customer.id }}`,
      // As many attempts as another one only where they differ.
      retry: { attempts: index % 2 === 0 ? 3 : 5 },
    });
  const orders = Array.from({ length: 2 * ACTIONS }, (_, index) => ({
    action: `a${index % ACTIONS}`,
    customer: { id: index },
    key: `k${index}`,
  }));

  const scripts = async (): Promise<number> =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0);
  // Everything that is asked once.
  await producer.enqueueAll(orders.slice(0, 1));
  const before = await scripts();
  const { enqueued, duplicates, isDuplicate } = await producer.enqueueAll(orders);

  expect({ enqueued, duplicates }).toEqual({ enqueued: 2 * ACTIONS - 1, duplicates: 1 });
  expect(isDuplicate.indexOf(true)).toBe(0);
  expect((await scripts()) - before).toBeLessThan(10);
  const waiting = await producer.lanes.queue("transactional").getWaiting();
  const attempts = waiting.map(({ data, opts }) => [Number(/\d+/.exec(data.action)) % 2, opts.attempts]);
  expect(new Set(attempts.map(String))).toEqual(new Set(["0,3", "1,5"]));
  await producer.close();
  redis.disconnect();
});

test("orders that name no action, or one that cannot be had, are told each at its place, and the others are taken in", async () => {
  await using system = await startSystem();
  await system.apply();
  await system.apply({ id: "closed" });
  await system.producer.actions.archive("closed");
  const orders = [null, 7, {}, "a", "a@9", "none", "none", "closed"].map((action) =>
    action === null ? null : { action, customer: { id: 1 } },
  ) as unknown as DeliveryOrder[];
  const { ids, rejected } = await system.producer.enqueueAll(orders, { onInvalid: "skip" });

  expect(ids.map((id) => id !== null)).toEqual([false, false, false, true, false, false, false, false]);
  expect(rejected.map(({ index, error }) => [index, error.code])).toEqual([
    [0, "delivery_invalid"],
    [1, "delivery_invalid"],
    [2, "delivery_invalid"],
    [4, "action_unknown"],
    [5, "action_unknown"],
    [6, "action_unknown"],
    [7, "action_archived"],
  ]);
});
