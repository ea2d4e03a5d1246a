import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { toDeliveryId } from "@postrider/shared/delivery";
import { ownLaneName } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import { createAudit } from "@postrider/worker/maintain/audit";
import { findUnservedLanes } from "@postrider/worker/maintain/balance";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { shardKeys, toShard, toStore } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { customers, type System, startSystem } from "../support/system.ts";

interface Line {
  readonly level: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Audits as two workers carry them out in turn, and what they log. */
async function startAuditing({ redisUrl }: System) {
  const redis = openRedis(redisUrl);
  onTestFinished(() => redis.disconnect());
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (facts: Readonly<Record<string, unknown>>, text: string): void =>
      void lines.push({ level, facts, text });
  const log = { error: write("error"), warn: write("warn"), info: write("info") } as unknown as Logger;
  const audits = [0, 1].map(() =>
    createAudit(toShard(redis), toStore(redis), createLaneDirectory(toShard(redis)), log),
  );
  return {
    redis,
    lines,
    async audit(times: number) {
      let found: unknown;
      for (let nth = 0; nth < times; nth++) found = await audits[nth % 2]?.run();
      return found;
    },
  };
}

/** As an eviction, or a person with a Redis client, takes a delivery away. */
async function lose(redis: Redis, lane: string, run: string, nth: number): Promise<void> {
  const id = toDeliveryId({ run, customerId: `c${nth}` });
  expect(await redis.lrem(shardKeys.ofLane(lane, "wait"), 1, id)).toBe(1);
  await redis.del(shardKeys.job(lane, id));
}

test("what was lost is told with the run that it belonged to, in whichever lane it lay, and by whichever worker audits", async () => {
  await using system = await startSystem();
  await system.apply();
  const { runs } = system.producer;
  for (const run of ["whole", "small", "large"])
    await system.producer.enqueueMany({
      action: "a",
      customers: customers(run === "large" ? 1_200 : 20),
      run,
    });
  const { redis, lines, audit } = await startAuditing(system);
  expect(await audit(2)).toMatchObject({ lost: 0, surplus: 0 });
  expect(lines.filter(({ level }) => level === "error")).toEqual([]);

  await lose(redis, "bulk", "small", 7);
  for (const nth of [3, 1_100])
    await lose(redis, nth < 1_000 ? "bulk" : ownLaneName("run", "large"), "large", nth);

  expect(await audit(4)).toMatchObject({ lost: 3, surplus: 0 });
  const told = lines.filter(({ level }) => level === "error").map(({ facts }) => facts);
  expect(told).toContainEqual({ lost: 3, surplus: 0 });
  expect(told).toContainEqual({ run: "small", lost: 1, surplus: 0 });
  expect(told).toContainEqual({ run: "large", lost: 2, surplus: 0 });
  expect((await runs.get("large")).imbalance).toEqual({ lost: 2, surplus: 0 });
  expect((await runs.get("whole")).imbalance).toEqual({ lost: 0, surplus: 0 });

  // Told once, not at each audit.
  const before = lines.length;
  await audit(2);
  expect(lines).toHaveLength(before);

  // The same runs again take in what is missing, and nothing else.
  const again = { action: "a", customers: customers(1_200), run: "large" };
  expect(await system.producer.enqueueMany(again)).toMatchObject({
    enqueued: 0,
    recovered: 2,
    duplicates: 1_198,
  });
  const small = { action: "a", customers: customers(20), run: "small" };
  expect(await system.producer.enqueueMany(small)).toMatchObject({ enqueued: 0, recovered: 1 });
  expect(await audit(4)).toMatchObject({ lost: 0, surplus: 0 });
  await system.startWorker();
  for (const run of ["whole", "small", "large"]) await system.untilEnded(run);
  expect((await runs.get("large")).delivered).toBe(1_200);
  expect(system.receiver.requests).toHaveLength(1_240);
});

test("a delivery whose data alone are gone is taken in again once, wherever its id was left", async () => {
  await using system = await startSystem();
  await system.apply();
  const { redis } = await startAuditing(system);
  const order = { action: "a", customers: customers(3), run: "r" };
  await system.producer.enqueueMany(order);
  const later = { ...order, run: "later", sendAt: new Date(Date.now() + 2_000) };
  await system.producer.enqueueMany(later);
  for (const run of ["r", "later"])
    await redis.del(shardKeys.job("bulk", toDeliveryId({ run, customerId: "c1" })));

  expect(await system.producer.enqueueMany(order)).toMatchObject({ recovered: 1, duplicates: 2 });
  expect(await system.producer.enqueueMany(later)).toMatchObject({ recovered: 1, duplicates: 2 });
  await system.startWorker();
  for (const run of ["r", "later"]) await system.untilEnded(run);
  await eventually(async () =>
    expect(await system.producer.lanes.backlog("bulk")).toMatchObject({
      waiting: 0,
      delayed: 0,
      inFlight: 0,
    }),
  );
  expect(system.receiver.requests).toHaveLength(6);
});

test("what lies in a lane although its run has ended is a surplus", async () => {
  await using system = await startSystem();
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(10), run: "r" });
  const { redis, lines, audit } = await startAuditing(system);
  // As if two outcomes had been written of deliveries that still wait.
  await redis.hincrby(shardKeys.totals(), "ended", 2);
  await redis.hincrby(shardKeys.run("r"), "delivered", 2);

  expect(await audit(4)).toMatchObject({ lost: 0, surplus: 2 });
  expect(lines.map(({ facts }) => facts)).toContainEqual({ run: "r", lost: 0, surplus: 2 });
  expect((await system.producer.runs.get("r")).imbalance).toEqual({ lost: 0, surplus: 2 });

  await redis.hincrby(shardKeys.totals(), "ended", -2);
  await redis.hincrby(shardKeys.run("r"), "delivered", -2);
  expect(await audit(4)).toMatchObject({ lost: 0, surplus: 0 });
  expect((await system.producer.runs.get("r")).imbalance).toEqual({ lost: 0, surplus: 0 });
});

test("lanes that the registry forgot are healed however many changed after them", async () => {
  await using system = await startSystem();
  const { redis, audit } = await startAuditing(system);
  const lane = ownLaneName("run", "forgotten");
  const others = Array.from({ length: 2_500 }, (_, nth) => [nth + 2, ownLaneName("run", `r${nth}`)]).flat();
  await redis.zadd(shardKeys.ownLaneChanges(), 1_000, lane, ...others.map(String));
  await redis.set(shardKeys.ownLaneVersion(), 3_000);
  await redis.lpush(shardKeys.ofLane(lane, "wait"), "d");

  await audit(4);

  expect(await redis.hexists(shardKeys.ownLanes(), lane)).toBe(1);
});

test("a shared lane with deliveries that no worker serves is told by name", async () => {
  await using system = await startSystem();
  await system.apply();
  await system.producer.enqueue({ action: "a", customer: { id: 1 }, lane: "bulkk" });
  const { redis, lines, audit } = await startAuditing(system);
  expect(await findUnservedLanes(toShard(redis))).toEqual(["bulkk"]);
  expect(await audit(2)).toMatchObject({ unserved: 1 });
  expect(lines.map(({ facts }) => facts)).toEqual([{ lanes: ["bulkk"] }]);

  await redis.zadd(shardKeys.servedLanes(), Date.now(), "bulkk");

  expect(await audit(1)).toMatchObject({ unserved: 0 });
});

test("a run and its lane are cancelled in one step: producers go by the one, workers by the other", async () => {
  await using system = await startSystem();
  const { producer } = system;
  await system.apply();
  await producer.enqueueMany({ action: "a", customers: customers(5), run: "r" });
  const redis = openRedis(system.redisUrl);
  onTestFinished(() => redis.disconnect());
  const look = async (): Promise<boolean[]> => {
    const lane = ownLaneName("run", "r");
    const multi = redis.multi().hexists(shardKeys.run("r"), "isCancelled").hget(shardKeys.ownLanes(), lane);
    const [[, flag], [, entry]] = (await multi.exec()) as [[null, number], [null, string | null]];
    return [flag === 1, entry?.includes('"isCancelled":true') ?? false];
  };
  const seen: boolean[][] = [];

  const cancelled = producer.runs.cancel("r");
  while (seen.at(-1)?.includes(true) !== true) seen.push(await look());

  expect(seen.at(-1)).toEqual([true, true]);
  await cancelled;
  // Once more, as whoever was killed does it.
  await producer.runs.cancel("r");
  await system.startWorker();
  expect(await producer.runs.wait("r")).toMatchObject({ state: "cancelled", cancelled: 5 });
  const { events } = await producer.events.read();
  expect(events.filter(({ id }) => id === "run.cancelled:r")).toHaveLength(1);
  expect(events.find(({ id }) => id === "run.completed:r")?.data).toMatchObject({ isCancelled: true });
});
