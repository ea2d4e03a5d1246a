// A run has an end: closed by whoever enqueued it, completed once with its last delivery, whatever is killed.

import { setTimeout as sleep } from "node:timers/promises";
import { createProducer } from "@postrider/producer/producer";
import { RUN_KEPT_SECONDS } from "@postrider/redis/keys";
import { openRun } from "@postrider/redis/scripts/open-run";
import { forgetRuns } from "@postrider/worker/maintain/dissolve";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SHORT_CLAIMS, startFleet } from "../support/fleet.ts";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { ok, reply, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers, SOON, startSystem } from "../support/system.ts";

test("a run is completed with its last delivery, at a time that stays", async () => {
  await using system = await startSystem();
  const { producer } = system;
  await system.apply();
  const startedAt = Date.now();
  await producer.enqueueMany({ action: "a", customers: customers(50), run: "r" });
  expect(await producer.runs.get("r")).toMatchObject({
    state: "running",
    closedAt: expect.any(Number),
    completedAt: null,
  });

  await system.startWorker();
  const run = await producer.runs.wait("r");

  expect(run).toMatchObject({ state: "completed", delivered: 50, waiting: 0, inFlight: 0 });
  expect(run.completedAt).toBeGreaterThanOrEqual(startedAt - 1_000);
  // The same run again has nothing new to tell.
  expect(await producer.enqueueMany({ action: "a", customers: customers(50), run: "r" })).toMatchObject({
    enqueued: 0,
    duplicates: 50,
  });
  expect(await producer.runs.get("r")).toMatchObject({ state: "completed", completedAt: run.completedAt });
  // More of it is sent, and does not complete it once more.
  await producer.enqueueMany({ action: "a", customers: customers(55), run: "r", open: true });
  await system.untilEnded("r");
  expect(await producer.runs.get("r")).toMatchObject({ state: "running", closedAt: null });
  await producer.enqueueMany({ action: "a", customers: customers(60), run: "r" });
  await system.untilEnded("r");
  expect(await producer.runs.get("r")).toMatchObject({
    state: "completed",
    delivered: 60,
    completedAt: run.completedAt,
  });
});

test("an open run goes on until it is closed, also when nothing of it is left", async () => {
  await using system = await startSystem();
  const { producer } = system;
  await system.apply();
  await system.startWorker();
  await producer.enqueueMany({ action: "a", customers: customers(5), run: "r", open: true });
  await system.untilEnded("r");
  expect(await producer.runs.wait("r", { timeoutMs: 600 })).toMatchObject({
    state: "running",
    closedAt: null,
  });

  await producer.runs.close("r");

  expect(await producer.runs.get("r")).toMatchObject({ state: "completed", completedAt: expect.any(Number) });
  await expect(producer.runs.close("none")).rejects.toMatchObject({ code: "run_unknown" });
});

test("a producer that stopped half-way leaves the run open; the same call again closes it", async () => {
  await using system = await startSystem();
  const { producer } = system;
  await system.apply();
  await system.startWorker();
  const abort = new AbortController();
  async function* cutOff() {
    yield* customers(600);
    abort.abort();
    yield* customers(700).slice(600);
  }
  const order = { action: "a", run: "r" };
  await expect(
    producer.enqueueMany({ ...order, customers: cutOff(), signal: abort.signal }),
  ).rejects.toMatchObject({ code: "aborted" });
  await system.untilEnded("r");
  expect(await producer.runs.get("r")).toMatchObject({ state: "running", completedAt: null });

  await producer.enqueueMany({ ...order, customers: customers(700) });

  expect(await producer.runs.wait("r")).toMatchObject({ state: "completed", delivered: 700 });
});

test("what is replayed of a completed run is delivered, and the time of its end stays", async () => {
  let isBroken = true;
  await using system = await startSystem(() => (isBroken ? reply(400) : ok()));
  const { producer } = system;
  await system.apply({ retry: SOON });
  await system.startWorker();
  await producer.enqueueMany({ action: "a", customers: customers(3), run: "r" });
  const { completedAt, failed } = await producer.runs.wait("r");
  expect(failed).toBe(3);

  isBroken = false;
  await producer.deadLetters.replay({ filter: { run: "r" } });

  await eventually(async () => expect((await producer.runs.get("r")).delivered).toBe(3));
  expect(await producer.runs.get("r")).toMatchObject({ state: "completed", completedAt, failed: 0 });
});

test("a cancelled run is over when nothing of it is left", async () => {
  await using system = await startSystem();
  const { producer } = system;
  await system.apply();
  await producer.enqueueMany({ action: "a", customers: customers(20), run: "r", open: true });
  await producer.runs.cancel("r");
  await system.startWorker();

  expect(await producer.runs.wait("r")).toMatchObject({
    state: "cancelled",
    cancelled: 20,
    completedAt: expect.any(Number),
  });
});

test("workers killed around the last outcomes: completed once, and never before all have ended", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver(() => slow(30, ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(redisUrl, 2, { ...SHORT_CLAIMS, POSTRIDER_CONCURRENCY: "4" });
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(120), run: "r" });

  const completions = new Set<number>();
  // Nearer and nearer to the end.
  const deathsAt = [60, 90, 110, 118];
  await eventually(async () => {
    const run = await producer.runs.get("r");
    if (run.completedAt !== null) {
      completions.add(run.completedAt);
      expect(run.delivered).toBe(120);
    }
    if (run.delivered >= (deathsAt[0] ?? Number.POSITIVE_INFINITY)) {
      deathsAt.shift();
      fleet.running[0]?.kill("SIGKILL");
      fleet.start();
    }
    expect(run.state).toBe("completed");
  });
  for (let looks = 0; looks < 5; looks++)
    completions.add((await producer.runs.get("r")).completedAt ?? Number.NaN);

  expect(completions.size).toBe(1);
  await producer.close();
});

test("the audit completes what a worker of an earlier release has ended", async () => {
  await using system = await startSystem();
  const { producer } = system;
  await system.apply();
  await system.startWorker();
  await producer.enqueueMany({ action: "a", customers: customers(5), run: "r" });
  await producer.runs.wait("r");
  const redis = openRedis(system.redisUrl);
  await redis.hdel(shardKeys.run("r"), "completedAt");
  expect((await producer.runs.get("r")).state).toBe("running");

  expect(await producer.runs.wait("r", { timeoutMs: 300_000 })).toMatchObject({ state: "completed" });
  redis.disconnect();
});

test("a run that is kept for longer than others stays in the list, and one that is gone leaves it", async () => {
  const redis = openRedis(await isolatedRedisUrl());
  const shard = toShard(redis);
  const [action, lane] = ["a@1", "bulk"];
  const longAgo = Date.now() - 2 * RUN_KEPT_SECONDS * 1_000;
  for (let n = 0; n < 60; n++) await openRun(shard, `old-${n}`, { action, lane, at: longAgo + n });
  const isKept = (n: number): boolean => n % 20 === 7;
  const old = Array.from({ length: 60 }, (_, n) => n);
  await redis.del(...old.filter((n) => !isKept(n)).map((n) => shardKeys.run(`old-${n}`)));

  await openRun(shard, "new", { action, lane });
  // An id that was forgotten and is used again is a new run.
  await openRun(shard, "old-3", { action, lane, at: Date.now() + 1 });

  await forgetRuns(shard, Date.now());

  const kept = old.filter(isKept).map((n) => `old-${n}`);
  expect(await redis.zrange(shardKeys.runs(), "0", "-1")).toEqual([...kept, "new", "old-3"]);
  redis.disconnect();
});

test("a replay of a run that is under way makes no rate below zero", async () => {
  await using system = await startSystem(() => reply(400));
  const { producer } = system;
  await system.apply({ retry: SOON });
  await system.startWorker();
  await producer.enqueueMany({ action: "a", customers: customers(10), run: "r", open: true });
  await system.untilEnded("r");
  // A look that was taken a while ago, with all of them ended.
  const redis = openRedis(system.redisUrl);
  await redis.hset(shardKeys.run("r"), "look", `${Date.now() - 10_000} 10`);
  redis.disconnect();
  await producer.runs.pause("r");

  await producer.deadLetters.replay({ filter: { run: "r" } });

  expect(await producer.runs.get("r")).toMatchObject({ waiting: 10, endedPerSecond: null, endsAt: null });
  await sleep(2_100);
  expect(await producer.runs.get("r")).toMatchObject({ waiting: 10, endedPerSecond: 0, endsAt: null });
});
