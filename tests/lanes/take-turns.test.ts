// The moments that several deliveries of a lane with a rate take at once.

import { createTakeTurns } from "@postrider/redis/scripts/take-turn";
import { expect, onTestFinished, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const LANE = "destination.one";

test("as many as are near enough are taken, one interval apart, and the lane is held until more are", async () => {
  const redis = openRedis(await isolatedRedisUrl());
  onTestFinished(() => redis.disconnect());
  const take = createTakeTurns(toShard(redis), { farMs: 50_000, aheadMs: 20_000, holdMsMax: 45_000 });
  const pace = { intervalMs: 10_000, spacingMs: 10_000, phases: [] };

  expect(await take(LANE, pace, 2)).toEqual([0, 10_000]);
  expect(await redis.exists(shardKeys.ofLane(LANE, "limiter"))).toBe(0);
  const [third = null, ...others] = await take(LANE, pace, 8);
  expect(third).toBeGreaterThan(0);
  const apart = others.map((off, index) =>
    off === null ? null : Math.round(off - (third ?? 0)) / (index + 1),
  );
  // A moment that was not far off is never more than one interval nearer by now.
  expect(apart.slice(0, 3)).toEqual([10_000, 10_000, 10_000]);
  expect(apart.slice(4)).toEqual([null, null, null]);
  const held = await redis.pttl(shardKeys.ofLane(LANE, "limiter"));
  expect(held).toBeGreaterThan(0);
  expect(held).toBeLessThanOrEqual(45_000);
});
