import type { OwnLane } from "@postrider/shared/own-lane";
import { createRateLimiter, type RateLimiter } from "@postrider/worker/destinations/rate-limiter";
import { createInterrupts, type Interrupts } from "@postrider/worker/interrupts";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers, startSystem } from "../support/system.ts";

const LANE = "destination.d";
const LOCK_MS = 4_000;

interface Spaced {
  readonly redis: Redis;
  readonly interrupts: Interrupts;
  /** Of one worker each, at a rate that can be changed. */
  readonly spacings: readonly [RateLimiter, RateLimiter];
  setRate(perSecond: number | undefined): void;
  pause(): void;
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
    const redis = openRedis(url);
    onTestFinished(() => redis.disconnect());
    return redis;
  };
  const toSpacing = (redis: Redis): RateLimiter =>
    createRateLimiter({
      shard: toShard(redis),
      find: () => entry,
      interrupts,
      lockMs: LOCK_MS,
    });
  const redis = connect();
  const pause = (): void => {
    if (entry !== undefined) entry = { ...entry, isPaused: true };
  };
  return { redis, interrupts, spacings: [toSpacing(redis), toSpacing(connect())], setRate, pause };
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
  const { spacings, setRate, redis } = await startSpaced(10);
  const few = Array.from({ length: 3 }, () => spacings[0].wait(LANE));
  await spacings[1].wait("another");
  expect(await redis.pttl(shardKeys.ofLane(LANE, "limiter"))).toBe(-2);

  // All in one step, since time that passes between two brings the moments nearer.
  setRate(4);
  const many = Array.from({ length: 4 }, () => spacings[0].wait("many"));
  await many[0];
  expect(await redis.pttl(shardKeys.ofLane("many", "limiter"))).toBeGreaterThan(0);
  expect(await Promise.all(few)).toEqual([true, true, true]);
  // The last one's moment would have been three quarters of a second off.
  expect((await Promise.all(many)).at(-1)).toBe(false);
});

test("nobody sleeps for long: a moment that is far off is not taken, and BullMQ's limiter rests", async () => {
  const { spacings, redis } = await startSpaced(0.5);
  expect(await spacings[0].wait(LANE)).toBe(true);
  const next = await redis.get(shardKeys.nextRequest(LANE));

  // Its moment would have been two seconds off.
  expect(await spacings[1].wait(LANE)).toBe(false);
  expect(await redis.get(shardKeys.nextRequest(LANE))).toBe(next);
  expect(await redis.pttl(shardKeys.ofLane(LANE, "limiter"))).toBeGreaterThan(0);
});

test("a rate that was far lower holds nobody up once it is raised", async () => {
  const { spacings, setRate, redis } = await startSpaced(0.01);
  await spacings[0].wait(LANE);
  setRate(50);
  await spacings[0].wait(LANE);
  expect(await redis.pttl(shardKeys.ofLane(LANE, "limiter"))).toBeLessThan(1_000);
  expect(await spacings[0].wait(LANE)).toBe(true);
});

test("who reads the answer late, as after a stall, asks again: its moment went by unread", async () => {
  const { spacings } = await startSpaced(20);
  await spacings[0].wait(LANE);
  const sentAt: number[] = [];
  const send = async (spacing: RateLimiter): Promise<void> => {
    await spacing.wait(LANE);
    sentAt.push(performance.now());
  };
  const asked = Array.from({ length: 4 }, () => send(spacings[0]));
  block(300);
  asked.push(...Array.from({ length: 4 }, () => send(spacings[1])));
  await Promise.all(asked);

  expect((sentAt.at(-1) ?? 0) - (sentAt[0] ?? 0)).toBeGreaterThanOrEqual(300);
});

test("a process that stood still so long that its claim may be lost sends nothing", async () => {
  const { spacings } = await startSpaced(5);
  await spacings[0].wait(LANE);
  const asleep = spacings[0].wait(LANE);
  await new Promise((resolve) => setTimeout(resolve, 50));
  block(LOCK_MS / 2);

  expect(await asleep).toBe(false);
});

test("what was stopped during the wait is not sent", async () => {
  const { spacings, pause } = await startSpaced(5);
  await spacings[0].wait(LANE);
  const asleep = spacings[0].wait(LANE);
  pause();

  expect(await asleep).toBe(false);
});

test("a Redis that refuses gives no moment, and is not asked all the time", async () => {
  const { spacings, redis } = await startSpaced(5);
  await redis.lpush(shardKeys.nextRequest(LANE), "as of another kind");
  const startedAt = performance.now();

  expect(await spacings[0].wait(LANE)).toBe(false);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(900);
});

test("a shutdown ends the wait, unsent, also where Redis has not answered yet", async () => {
  const { spacings, interrupts, redis } = await startSpaced(3);
  await spacings[0].wait(LANE);
  const waiting = [spacings[0].wait(LANE), spacings[1].wait(LANE)];
  await redis.ping();
  interrupts.interruptAll();

  expect(await Promise.all(waiting)).toEqual([false, false]);
  expect(interrupts.count()).toBe(0);
});

test("at a slow rate a cancelled run sends nothing more, and nothing is sent after its expiresAt", async () => {
  await using system = await startSystem();
  await system.apply({ limits: { ratePerSecond: 0.5 } });
  await system.startWorker();
  const expiresAt = new Date(Date.now() + 5_000);
  const { runs } = system.producer;
  await system.producer.enqueueMany({ action: "a", customers: customers(10), run: "short", expiresAt });
  await system.untilEnded("short");
  await system.producer.enqueueMany({ action: "a", customers: customers(20), run: "long" });
  await eventually(async () => expect((await runs.get("long")).delivered).toBeGreaterThan(0));
  await runs.cancel("long");
  const cancelledAt = Date.now();
  await system.untilEnded("long");

  // At the rate itself it would be 40 seconds.
  expect(Date.now() - cancelledAt).toBeLessThan(30_000);
  const { delivered, expired, retries } = await runs.get("short");
  expect({ sum: delivered + expired, retries }).toEqual({ sum: 10, retries: 0 });
  const late = system.receiver.requests.filter(({ atMs }) => atMs >= expiresAt.getTime() + 100);
  expect(late).toHaveLength((await runs.get("long")).delivered);
});

test("what ends unsent does not use the rate up: a small run is not held up by a cancelled one", async () => {
  await using system = await startSystem();
  await system.apply({ limits: { ratePerSecond: 10 } });
  await system.startWorker();
  const { runs } = system.producer;
  await system.producer.enqueueMany({ action: "a", customers: customers(900), run: "large" });
  await eventually(async () => expect((await runs.get("large")).delivered).toBeGreaterThan(5));
  await system.producer.enqueueMany({ action: "a", customers: customers(3), run: "small" });
  await runs.cancel("large");
  const cancelledAt = Date.now();
  await system.untilEnded("small");

  // At the rate itself it would be a minute and a half.
  expect(Date.now() - cancelledAt).toBeLessThan(70_000);
});

test("the wait for its moment takes no time from an attempt", async () => {
  await using system = await startSystem();
  await system.apply({ limits: { ratePerSecond: 2.5 }, timeoutMs: 390 });
  await system.startWorker();
  await system.producer.enqueueMany({ action: "a", customers: customers(12), run: "r" });
  await system.untilEnded("r");

  // Had the wait been part of it, most would have needed a second attempt; a machine that stands still may
  // make one of them late.
  const { delivered, retries } = await system.producer.runs.get("r");
  expect(delivered).toBe(12);
  expect(retries).toBeLessThanOrEqual(3);
});
