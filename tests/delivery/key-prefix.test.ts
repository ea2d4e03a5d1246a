// Several installations on one Redis: their keys begin differently, and neither sees anything of the other.

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { openRedis } from "../support/open-redis.ts";
import { ok, reply } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { customers, startSystem } from "../support/system.ts";

test("two installations share a Redis and nothing else: actions, runs, own lanes, dead letters, limits", async () => {
  // Of its own, so that all keys are looked at.
  const server = await startRedisServer({ binary: redisBinary() });
  onTestFinished(() => server.stop());
  await using one = await startSystem(({ path }) => (path === "/two" ? reply(400) : ok()), {
    redis: server.url,
    keyPrefix: "one",
  });
  const two = await createProducer({ redis: one.redisUrl, keyPrefix: "two" });
  await one.apply({ id: "a", url: `${one.receiver.url}/one`, limits: { ratePerSecond: 1_000 } });
  await two.actions.apply({ id: "a", url: `${one.receiver.url}/two`, body: "{{ customer }}" });
  // The same ids on both sides, and a run that is large enough for a lane of its own.
  const count = 1_200;
  await one.producer.enqueueMany({ action: "a", customers: customers(count), run: "r" });
  await two.enqueueMany({ action: "a", customers: customers(count), run: "r" });

  await one.startWorker();
  await one.untilEnded("r");
  expect(await one.producer.runs.get("r")).toMatchObject({ enqueued: count, delivered: count });
  expect(await two.runs.get("r")).toMatchObject({ enqueued: count, waiting: count, delivered: 0 });
  expect(await two.ownLanes.top(10)).toMatchObject({ total: 1, lanes: [{ kind: "run" }] });

  await one.startWorker({ POSTRIDER_KEY_PREFIX: "two" });
  await eventually(async () =>
    expect(await two.runs.get("r")).toMatchObject({ failed: count, waiting: 0, inFlight: 0 }),
  );
  expect((await one.producer.deadLetters.list()).total).toBe(0);
  expect((await two.deadLetters.list()).total).toBe(count);
  expect(one.receiver.requests.filter(({ path }) => path === "/one")).toHaveLength(count);

  const redis = openRedis(one.redisUrl);
  const names = await redis.keys("*");
  expect(names.filter((name) => !/^\{(?:one|two)(?::0)?\}:/.test(name))).toEqual([]);
  redis.disconnect();
  await two.close();
});
