import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { openRedis } from "../support/open-redis.ts";
import { reply } from "../support/receiver.ts";
import { findKeys } from "../support/redis-keys.ts";
import { newKey } from "../support/secret-keys.ts";
import { customers, SOON, startSystem } from "../support/system.ts";

test("a customer's deliveries are found while they wait and once they have ended, over all actions and runs", async () => {
  await using system = await startSystem(({ path }) => reply(path === "/bad" ? 400 : 200));
  await system.apply();
  await system.apply({ id: "b", url: `${system.receiver.url}/bad`, retry: SOON });
  const { producer } = system;
  await producer.enqueueMany({ action: "a", customers: customers(20), run: "r", labels: ["vip"] });
  const single = await producer.enqueue({ action: "b", customer: { id: "c7" } });
  const later = await producer.enqueue({
    action: "a",
    customer: { id: "c7" },
    sendAt: new Date(Date.now() + 3_600_000),
  });

  expect(await producer.customers.deliveries("c7")).toMatchObject([
    { id: later.id, state: "delayed", action: "a@1", run: null },
    { id: single.id, state: "waiting", action: "b@1" },
    { state: "waiting", action: "a@1", run: "r", labels: ["vip"], outcome: null },
  ]);

  await system.startWorker();
  await system.untilEnded("r");
  await eventually(async () =>
    expect(await producer.customers.deliveries("c7")).toMatchObject([
      { id: later.id, state: "delayed" },
      {},
      {},
    ]),
  );
  const [, ...ended] = await producer.customers.deliveries("c7");
  expect(new Set(ended.map(({ state, action }) => `${action} ${state}`))).toEqual(
    new Set(["b@1 dead-letter", "a@1 ended"]),
  );
  expect(ended.find(({ id }) => id === single.id)?.outcome).toMatchObject({
    reason: "reply_4xx",
    status: 400,
  });

  // Replayed, it is open again.
  await producer.destinations.pause(system.receiver.url);
  await producer.deadLetters.replay({ ids: [single.id] });
  await eventually(async () =>
    expect(
      (await producer.customers.deliveries("c7")).find(({ id }) => id === single.id)?.outcome,
    ).toBeNull(),
  );
  expect(await producer.customers.deliveries("c7", 1)).toHaveLength(1);
  expect(await producer.customers.deliveries("nobody")).toEqual([]);
});

test("nothing that has ended stays among what is open, whoever enqueues it twice", async () => {
  await using system = await startSystem();
  await system.apply();
  for (const _ of [1, 2])
    await system.producer.enqueueMany({ action: "a", customers: customers(50), run: "r" });
  await system.startWorker();
  await system.untilEnded("r");

  const redis = openRedis(system.redisUrl);
  await eventually(async () => expect(await findKeys(redis, "customers:open*")).toEqual([]));
  redis.disconnect();
  expect(await system.producer.customers.deliveries("c3")).toHaveLength(1);
});

test("what waits for long stays found, whatever else comes and goes in its list", async () => {
  await using system = await startSystem();
  await system.apply();
  const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
  await system.producer.enqueue({ action: "a", customer: { id: 1 }, sendAt: inDays(90) });
  await system.producer.enqueue({ action: "a", customer: { id: 1 } });

  const redis = openRedis(system.redisUrl);
  const [list = ""] = await findKeys(redis, "customers:open*");
  expect(await redis.ttl(list)).toBeGreaterThan(90 * 86_400);
  await system.startWorker();
  await eventually(async () => expect(await redis.llen(list)).toBe(1));
  await system.producer.enqueue({ action: "a", customer: { id: 1 }, sendAt: inDays(200) });
  expect(await redis.ttl(list)).toBeGreaterThan(200 * 86_400);
  redis.disconnect();
});

test("sealed customers are found with the key, and what lies in Redis does not tell who they are", async () => {
  const secretKeys = newKey("k1");
  await using system = await startSystem(undefined, { secretKeys, sealCustomers: true });
  await system.apply();
  await system.producer.enqueue({ action: "a", customer: { id: "ann@example.com" } });
  expect(await system.producer.customers.deliveries("ann@example.com")).toMatchObject([{ state: "waiting" }]);

  await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys });
  await eventually(async () =>
    expect(await system.producer.customers.deliveries("ann@example.com")).toMatchObject([
      { state: "ended", outcome: { customer: "ann@example.com" } },
    ]),
  );
  const redis = openRedis(system.redisUrl);
  for (const key of await findKeys(redis, "customers*"))
    expect((await redis.lrange(key, 0, -1)).join()).not.toMatch(/ann/);
  redis.disconnect();
});

test("numbers and texts of digits are the same customer, integers beyond a double's included", async () => {
  await using system = await startSystem();
  await system.apply();
  await system.producer.enqueue({ action: "a", customer: { id: 9007199254740993n } });
  await system.producer.enqueue({ action: "a", customer: { id: 17 } });

  expect(await system.producer.customers.deliveries("9007199254740993")).toHaveLength(1);
  expect(await system.producer.customers.deliveries("17")).toHaveLength(1);
});

test("where no index is kept, nothing of it lies in Redis, and asking says what to set", async () => {
  await using system = await startSystem(undefined, { customersKeptMs: 0 });
  await system.startWorker({ POSTRIDER_CUSTOMERS_KEPT_MS: "0" });
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(5), run: "r" });
  await system.untilEnded("r");

  const redis = openRedis(system.redisUrl);
  expect(await findKeys(redis, "customers*")).toEqual([]);
  redis.disconnect();
  await expect(system.producer.customers.deliveries("c1")).rejects.toMatchObject({
    code: "customers_not_indexed",
    message: expect.stringContaining("POSTRIDER_CUSTOMERS_KEPT_MS"),
  });
});
