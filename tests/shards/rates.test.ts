import { setTimeout as sleep } from "node:timers/promises";
import { createTakeTurn } from "@postrider/redis/scripts/take-turn";
import { createShard } from "@postrider/redis/shard";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { keyPrefix } from "../support/key-prefix.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const LANE = "destination.d";
const LIMITS = { farMs: 500, aheadMs: 200, holdMsMax: 700 };
const MEASURED_MS = 3_000;

/** The moments (µs) that a shard takes of a rate that several share, for some seconds. */
async function takeAll(redis: Redis, place: number, count: number, perSecond: number): Promise<number[]> {
  const shard = createShard(redis, keyPrefix, `${count}-${place}-${perSecond}`);
  const take = createTakeTurn(shard, LIMITS);
  const spacingMs = 1_000 / perSecond;
  const moments: number[] = [];
  const endsAt = performance.now() + MEASURED_MS;
  while (performance.now() < endsAt) {
    const off = await take(LANE, { intervalMs: spacingMs, spacingMs, part: { count, place } });
    if (off === null) await sleep(50);
    else moments.push(Number(await redis.get(shard.keys.nextRequest(LANE))) - spacingMs * 1_000);
  }
  return moments;
}

test.each([
  [100, 4],
  [7, 3],
  [2.5, 2],
  [2, 4],
])(
  "%d a second, shared by %i shards, is never exceeded within any second, and all of it is used",
  async (rate, count) => {
    const redis = openRedis(await isolatedRedisUrl());
    const taken = await Promise.all(
      Array.from({ length: count }, (_, place) => takeAll(redis, place, count, rate)),
    );
    redis.disconnect();

    const moments = taken.flat().sort((one, other) => one - other);
    for (const [index, moment] of moments.entries()) {
      const later = moments[index + Math.ceil(rate)];
      // A moment is a whole number of µs.
      if (later !== undefined) expect(later - moment).toBeGreaterThanOrEqual(1_000_000 - 2);
    }
    // What a shard could not reach at the end of the time, half a second ahead, is another one's to miss.
    const [first = 0] = moments;
    const whole = moments.filter((moment) => moment - first < (MEASURED_MS - 600) * 1_000);
    expect(whole.length).toBeGreaterThanOrEqual(Math.floor(((MEASURED_MS - 600) / 1_000) * rate * 0.95));
    expect(new Set(whole).size).toBe(whole.length);
  },
);
