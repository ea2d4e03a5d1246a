import { createProducer } from "@postrider/producer/producer";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SHORT_CLAIMS, startFleet, untilOver } from "../support/fleet.ts";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { ok, reply, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const HOUR_MS = 3_600_000;
const PRELOAD = "./tests/support/clock.mjs";

test("workers whose clocks are an hour ahead and an hour behind: nothing is lost, doubled or put off for ever", async () => {
  const redisUrl = await isolatedRedisUrl();
  // 500 says nothing about the destination as a whole, so no circuit opens.
  await using receiver = await startReceiver((_, { nth }) => (nth === 1 ? reply(500) : ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    retry: { attempts: 3, baseMs: 1_000, factor: 1, maxMs: 1_000 },
  });
  await using fleet = startFleet(redisUrl, 1, { ...SHORT_CLAIMS, POSTRIDER_CONCURRENCY: "10" }, PRELOAD);
  const ahead = fleet.start({ CLOCK_OFF_MS: String(HOUR_MS) });
  fleet.start({ CLOCK_OFF_MS: String(-HOUR_MS) });
  await fleet.untilServing();

  await producer.enqueueMany({ action: "a", customers: customers(600), run: "r" });
  const run = await untilOver(producer, "r");
  expect(run).toMatchObject({ enqueued: 600, delivered: 600, failed: 0, expired: 0, retries: 600 });
  expect(receiver.requests).toHaveLength(1_200);

  // What the worker that is ahead puts off, and dies: late by its error, and no more.
  await producer.enqueueMany({ action: "a", customers: customers(600), run: "next" });
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(1_500));
  ahead.kill("SIGKILL");
  await ahead.exited;
  const redis = openRedis(redisUrl);
  await eventually(async () => {
    const { delivered } = await producer.runs.get("next");
    const due = await readDueTimes(redis);
    expect(delivered + due.length).toBe(600);
    expect(Math.max(0, ...due)).toBeLessThan(Date.now() + HOUR_MS + 2_000);
  });
  redis.disconnect();
  await producer.close();
});

/**
 * Unix ms, of everything that is put off: where the machine is busy, the destination is slow enough to be
 * led into a lane of its own.
 */
async function readDueTimes(redis: Redis): Promise<number[]> {
  const sets = await redis.keys(shardKeys.ofLane("*", "delayed"));
  const scored = await Promise.all(sets.map((set) => redis.zrange(set, "0", "-1", "WITHSCORES")));
  return scored
    .flatMap((of) => of.filter((_, index) => index % 2 === 1))
    .map((score) => Number(score) / 0x1000);
}
