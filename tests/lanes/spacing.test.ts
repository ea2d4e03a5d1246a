import { keys } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";
import { createSpacing, type Spacing } from "@postrider/worker/lanes/spacing";
import { createInterrupts, type Interrupts } from "@postrider/worker/send/interrupts";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers, startSystem } from "../support/system.ts";

const LANE = "destination.d";

interface Spaced {
  readonly redis: Redis;
  readonly interrupts: Interrupts;
  /** Of one worker each, at a rate that can be changed. */
  readonly spacings: readonly [Spacing, Spacing];
  setRate(perSecond: number | undefined): void;
}

async function startSpaced(perSecond: number): Promise<Spaced> {
  const url = await isolatedRedisUrl();
  const interrupts = createInterrupts();
  let entry: OwnLane | undefined;
  const setRate = (ratePerSecond: number | undefined): void => {
    entry = { lane: LANE, kind: "destination", of: "o", createdAt: 0, limits: { ratePerSecond } };
  };
  setRate(perSecond);
  const connect = (): Redis => {
    const redis = new Redis(url, { replyMapping: "legacy" });
    onTestFinished(() => redis.disconnect());
    return redis;
  };
  const toSpacing = (redis: Redis): Spacing => createSpacing({ redis, find: () => entry, interrupts });
  const redis = connect();
  return { redis, interrupts, spacings: [toSpacing(redis), toSpacing(connect())], setRate };
}

function block(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
}

test("what two workers send at once goes out one interval after the other", async () => {
  const { spacings } = await startSpaced(20);
  const startedAt = performance.now();
  const times: number[] = [];
  const waits = Array.from({ length: 6 }, async (_, index) => {
    await spacings[index % 2 === 0 ? 0 : 1].wait(LANE);
    times.push(performance.now() - startedAt);
  });
  await Promise.all(waits);

  for (const [index, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(index * 50 - 5);
});

test("a lane without a rate waits for nothing", async () => {
  const { spacings, setRate } = await startSpaced(1);
  setRate(undefined);

  expect(spacings[0].wait(LANE)).toBeNull();
});

test("who sleeps through its moment asks for another, since the next one's has come", async () => {
  const { spacings } = await startSpaced(10);
  const [, second, third] = [0, 1, 0].map((index) => spacings[index === 0 ? 0 : 1].wait(LANE));
  const sent = [second, third].map(async (wait) => {
    await wait;
    return performance.now();
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  block(300);

  const [one = 0, other = 0] = await Promise.all(sent);
  expect(Math.abs(other - one)).toBeGreaterThanOrEqual(70);
});

test("while moments are taken far ahead, BullMQ's limiter claims nothing more", async () => {
  const { spacings, redis } = await startSpaced(10);
  const waits = Array.from({ length: 3 }, () => spacings[0].wait(LANE));
  await spacings[1].wait("another");
  expect(await redis.pttl(keys.ofLane(LANE, "limiter"))).toBe(-2);

  waits.push(spacings[0].wait(LANE));
  await redis.ping();
  expect(await redis.pttl(keys.ofLane(LANE, "limiter"))).toBeGreaterThan(50);
  expect(await Promise.all(waits)).toEqual([true, true, true, true]);
});

test("a rate that was far lower holds nobody up once it is raised", async () => {
  const { spacings, setRate, redis } = await startSpaced(0.01);
  await spacings[0].wait(LANE);
  setRate(50);
  const startedAt = performance.now();
  await spacings[0].wait(LANE);

  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(await redis.pttl(keys.nextRequest(LANE))).toBeLessThan(5_000);
});

test("a shutdown ends the wait, unsent", async () => {
  const { spacings, interrupts, redis } = await startSpaced(0.01);
  await spacings[0].wait(LANE);
  const waiting = spacings[0].wait(LANE);
  await redis.ping();
  interrupts.interruptAll();

  expect(await waiting).toBe(false);
  expect(interrupts.count()).toBe(0);
});

test("the wait for its moment takes no time from an attempt", async () => {
  await using system = await startSystem();
  await system.apply({ limits: { ratePerSecond: 5 }, timeoutMs: 150 });
  await system.startWorker();
  await system.producer.enqueueMany({ action: "a", customers: customers(12), run: "r" });
  await system.untilEnded("r");

  expect(await system.producer.runs.get("r")).toMatchObject({ delivered: 12, retries: 0 });
});
