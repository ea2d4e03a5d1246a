// Deliveries that come to their turn, or come again, long after everybody had them in mind.

import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { ok, reply } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

function connect(url: string): Redis {
  const redis = openRedis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

test("first tried long after it was due, as after a pause or a release, a delivery has its retries all the same", async () => {
  let refusals = 0;
  await using system = await startSystem(() => (++refusals <= 2 ? reply(503) : ok()));
  await system.apply({ retry: { attempts: 5, baseMs: 100, factor: 1, maxMs: 100, maxAgeMs: 3_600_000 } });
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  const redis = connect(system.redisUrl);
  const twoDaysAgo = Date.now() - 2 * 86_400_000;
  await redis.hset(shardKeys.job("transactional", id), "timestamp", twoDaysAgo);
  await system.startWorker();

  await eventually(async () =>
    expect(await system.producer.deliveries.show(id)).toMatchObject({ outcome: { outcome: "delivered" } }),
  );
  expect(system.receiver.requests).toHaveLength(3);
});

test("a key whose dead letter nobody remembers any more is taken in anew, and sent", async () => {
  let isBroken = true;
  await using system = await startSystem(() => (isBroken ? reply(400) : ok()));
  await system.apply();
  await system.startWorker();
  const order = { action: "a", customer: { id: 1 }, key: "k" };
  const { id } = await system.producer.enqueue(order);
  await eventually(async () => expect((await system.producer.deadLetters.list()).total).toBe(1));
  await connect(system.redisUrl).del(shardKeys.outcome(id));
  isBroken = false;

  expect(await system.producer.enqueue(order)).toMatchObject({ id, isDuplicate: false });

  await eventually(async () =>
    expect(await system.producer.deliveries.show(id)).toMatchObject({ outcome: { outcome: "delivered" } }),
  );
  expect((await system.producer.deadLetters.list()).total).toBe(0);
});

test("dead letters go with their age, also where none comes after them", async () => {
  await using system = await startSystem(() => reply(400));
  await system.apply();
  await system.startWorker({ POSTRIDER_DEAD_LETTERS_AGE_MS: "1000" });
  await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(async () => expect((await system.producer.deadLetters.list()).total).toBe(1));

  await eventually(async () => expect((await system.producer.deadLetters.list()).total).toBe(0));
});

test("limits stand from the moment when the action is applied, before anything was sent", async () => {
  await using system = await startSystem();
  await system.apply({ limits: { ratePerSecond: 5 } });

  expect(await system.producer.destinations.show(new URL(system.receiver.url).origin)).toMatchObject({
    limits: { ratePerSecond: 5 },
  });
});

test("a run that was forgotten before its last delivery ended leaves no counter for ever", async () => {
  await using system = await startSystem();
  const redis = connect(system.redisUrl);
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(2), run: "r" });
  await redis.del(shardKeys.run("r"));
  await system.startWorker();

  await eventually(async () => expect(await redis.hget(shardKeys.run("r"), "delivered")).toBe("2"));
  expect(await redis.ttl(shardKeys.run("r"))).toBeGreaterThan(0);
});
