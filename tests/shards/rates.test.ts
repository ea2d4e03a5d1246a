import { setTimeout as sleep } from "node:timers/promises";
import { createRendezvous } from "@postrider/redis/rendezvous";
import { createTakeTurns } from "@postrider/redis/scripts/take-turn";
import { createShard } from "@postrider/redis/shard";
import { toDeliveryId } from "@postrider/shared/delivery";
import type { OwnLane } from "@postrider/shared/own-lane";
import { type RatePart, toEvenPart, toParts } from "@postrider/shared/rate-part";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { EVENTUALLY_MS, eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { shardNames } from "../support/shards.ts";
import { startSystem } from "../support/system.ts";

const LANE = "destination.d";
const LIMITS = { farMs: 500, aheadMs: 200, holdMsMax: 700 };
const MEASURED_MS = 3_000;
const SHARDS = 4;

interface Taker {
  readonly name: string;
  readonly part: RatePart;
  /** Moments that it asks for at once. */
  readonly together: number;
}

/** The moments (µs) that a shard takes of a rate that several share, for some seconds. */
async function takeAll(redis: Redis, { name, part, together }: Taker, perSecond: number): Promise<number[]> {
  const shard = createShard(redis, keyPrefix, name);
  const take = createTakeTurns(shard, LIMITS);
  const spacingMs = 1_000 / perSecond;
  const moments: number[] = [];
  const endsAt = performance.now() + MEASURED_MS;
  while (performance.now() < endsAt) {
    const pace = { intervalMs: spacingMs, spacingMs, phases: [{ at: 0, part }] };
    const offs = (await take(LANE, pace, together)).filter((off) => off !== null);
    const latest = offs.at(-1);
    if (latest === undefined) await sleep(50);
    else {
      // Forgotten where this process has stood still for long.
      const next = await redis.get(shard.keys.nextRequest(LANE));
      const last = Number(next) - spacingMs * 1_000;
      if (next !== null) moments.push(...offs.map((off) => last - (latest - off) * 1_000));
    }
  }
  return moments;
}

function expectNeverExceeded(moments: readonly number[], rate: number): void {
  for (const [index, moment] of moments.entries()) {
    const later = moments[index + Math.ceil(rate)];
    // A moment is a whole number of µs.
    if (later !== undefined) expect(later - moment).toBeGreaterThanOrEqual(1_000_000 - 2);
  }
}

test.each([
  [100, 4],
  [7, 3],
  [2.5, 2],
  [2, 4],
  [234.567, 3],
])(
  "%d a second, shared by %i shards, is never exceeded within any second, and all of it is used",
  async (rate, count) => {
    const redis = openRedis(await isolatedRedisUrl());
    const measure = async (): Promise<number[]> => {
      const taken = await Promise.all(
        Array.from({ length: count }, (_, place) =>
          takeAll(
            redis,
            { name: `${count}-${place}-${rate}`, part: toEvenPart(count, place), together: 1 + place },
            rate,
          ),
        ),
      );
      return taken.flat().sort((one, other) => one - other);
    };
    const all = Math.floor(((MEASURED_MS - 600) / 1_000) * rate * 0.95);
    const endsAt = performance.now() + EVENTUALLY_MS;
    // A machine that has no time to ask for all of it uses less; more than that is wrong at any time.
    for (let used = 0; used < all; ) {
      const moments = await measure();
      expectNeverExceeded(moments, rate);
      // What a shard could not reach at the end of the time, half a second ahead, is another one's to miss.
      const [first = 0] = moments;
      const whole = moments.filter((moment) => moment - first < (MEASURED_MS - 600) * 1_000);
      expect(new Set(whole).size).toBe(whole.length);
      used = whole.length;
      if (performance.now() > endsAt) expect(used).toBeGreaterThanOrEqual(all);
    }
    redis.disconnect();
  },
);

test.each([
  [100, [77, 1, 1, 1]],
  [7, [30, 15, 15]],
  [2_000, [40, 39, 1]],
])("%d a second, shared as %j, is never exceeded, and each shard has its part", async (rate, sizes) => {
  const redis = openRedis(await isolatedRedisUrl());
  const parts = toParts(sizes);
  const taken = await Promise.all(
    parts.map((part, place) =>
      takeAll(redis, { name: `${sizes.length}-${place}-${rate}`, part, together: 3 - (place % 3) }, rate),
    ),
  );
  redis.disconnect();
  const moments = taken.flat().sort((one, other) => one - other);
  expect(new Set(moments).size).toBe(moments.length);
  const spacing = 1_000_000 / rate;
  for (const [index, moment] of moments.entries()) {
    const next = moments[index + 1];
    if (next !== undefined) expect(next - moment).toBeGreaterThanOrEqual(spacing - 2);
  }
});

test("one shard of four has all that waits: soon it is granted nine tenths of the destination's rate and more", async () => {
  await using system = await startSystem(undefined, { shards: SHARDS });
  await system.apply({ limits: { ratePerSecond: 100 } });
  await system.startWorker({ POSTRIDER_LANES: "bulk" });
  const names = await shardNames(system.producer.store);
  const [busyShard = "", ...others] = names;
  const home = createRendezvous(names);
  const busy = Array.from({ length: 40_000 }, (_, index) => ({ id: `c${index}` })).filter(
    ({ id }) => home(toDeliveryId({ run: "r", customerId: id })) === 0,
  );
  await system.producer.enqueueMany({ action: "a", run: "r", customers: busy });

  const redis = openRedis(system.redisUrl);
  const readPart = async (name: string) => {
    const { keys } = createShard(redis, keyPrefix, name);
    const entries = Object.values(await redis.hgetall(keys.ownLanes()));
    const shares = entries.flatMap(
      (text) => (JSON.parse(text.slice(text.indexOf(" "))) as OwnLane).share ?? [],
    );
    return shares.map(({ part: { of, from, to } }) => (to - from) / of);
  };
  await eventually(async () => expect((await readPart(busyShard))[0]).toBeGreaterThan(0.9));
  // The others have none waiting, and enough to begin with.
  await eventually(async () => {
    for (const [part] of await Promise.all(others.map(readPart))) expect(part).toBeLessThan(0.05);
  });
  redis.disconnect();
});
