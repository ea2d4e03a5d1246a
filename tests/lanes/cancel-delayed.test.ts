// What a cancelled run has delayed in lanes that are not its own.

import { RUN_KEPT_SECONDS } from "@postrider/redis/keys";
import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { ownLaneName } from "@postrider/shared/lanes";
import { dissolveCalm } from "@postrider/worker/maintain/dissolve";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { customers, startSystem } from "../support/system.ts";

const DAY_SECONDS = 24 * 3_600;

function connect(url: string): Redis {
  const redis = openRedis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

test("is never sent, counts as waiting, and ends as cancelled when it is due", async () => {
  await using system = await startSystem();
  const { runs } = system.producer;
  const inBulk = await system.apply({ id: "shared" });
  await system.startWorker();
  // Long enough for two cancellations, which take two seconds each, on a machine with other work.
  const sendAt = new Date(Date.now() + 20_000);
  await system.producer.enqueueMany({ action: inBulk, customers: customers(20), run: "shared", sendAt });
  await system.apply({ id: "limited", limits: { ratePerSecond: 1_000 } });
  await system.producer.enqueueMany({ action: "limited", customers: customers(20), run: "own", sendAt });
  const { origin } = new URL(system.receiver.url);
  expect(await system.producer.lanes.backlog("bulk")).toMatchObject({ delayed: 20 });
  expect(await system.producer.destinations.show(origin)).toMatchObject({ delayed: 20 });

  for (const run of ["shared", "own"]) {
    await runs.cancel(run);
    expect(await runs.get(run)).toMatchObject({ state: "cancelled", waiting: 20, cancelled: 0 });
  }

  for (const run of ["shared", "own"]) {
    await system.untilEnded(run);
    expect(await runs.get(run)).toMatchObject({ state: "cancelled", waiting: 0, cancelled: 20 });
  }
  expect(Date.now()).toBeGreaterThanOrEqual(sendAt.getTime());
  expect(system.receiver.requests).toHaveLength(0);
});

test("keeps the run in mind, however long it takes to be due", async () => {
  await using system = await startSystem();
  await system.apply();
  const redis = connect(system.redisUrl);
  const directory = createLaneDirectory(toShard(redis));
  const sendAt = new Date(Date.now() + 60 * DAY_SECONDS * 1_000);
  await system.producer.enqueueMany({ action: "a", customers: customers(2), run: "r", sendAt });
  expect(await redis.ttl(shardKeys.run("r"))).toBeGreaterThan(80 * DAY_SECONDS);
  // Later ones that are due at once do not shorten it.
  await system.producer.enqueueMany({ action: "a", customers: customers(3), run: "r" });
  expect(await redis.ttl(shardKeys.run("r"))).toBeGreaterThan(80 * DAY_SECONDS);

  await system.producer.runs.cancel("r");
  await expect(
    system.producer.enqueueMany({ action: "a", customers: customers(3), run: "r" }),
  ).rejects.toMatchObject({ code: "run_cancelled" });
  expect(await redis.ttl(shardKeys.run("r"))).toBe(-1);

  // Old enough to be dissolved, were it not for what is left of the run.
  const lane = ownLaneName("run", "r");
  await directory.refresh();
  await directory.update(lane, (entry) => entry && { ...entry, createdAt: 0 });
  await dissolveCalm(toShard(redis), directory);
  expect(directory.get(lane)).toMatchObject({ isCancelled: true });

  await redis.hset(shardKeys.run("r"), "cancelled", 3);
  await dissolveCalm(toShard(redis), directory);
  expect(directory.get(lane)).toBeUndefined();
  expect(await redis.ttl(shardKeys.run("r"))).toBeGreaterThan(RUN_KEPT_SECONDS - 60);
});

test("what waits at a paused destination ends when that is resumed, or at once by a filter", async () => {
  await using system = await startSystem();
  const { producer } = system;
  await system.apply({ id: "limited", limits: { ratePerSecond: 1_000 } });
  await system.startWorker();
  const { origin } = new URL(system.receiver.url);
  await producer.destinations.pause(origin);
  for (const run of ["filtered", "resumed"]) {
    await producer.enqueueMany({ action: "limited", customers: customers(10), run });
    await producer.runs.cancel(run);
    expect(await producer.runs.get(run)).toMatchObject({ state: "cancelled", waiting: 10 });
  }

  await producer.deliveries.cancelAll({ run: "filtered" });

  expect(await producer.runs.wait("filtered")).toMatchObject({ waiting: 0, cancelled: 10 });
  expect(await producer.runs.get("resumed")).toMatchObject({ waiting: 10, cancelled: 0 });
  await producer.destinations.resume(origin);
  expect(await producer.runs.wait("resumed")).toMatchObject({ waiting: 0, cancelled: 10 });
  expect(system.receiver.requests).toHaveLength(0);
});
