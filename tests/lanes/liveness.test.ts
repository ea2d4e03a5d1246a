import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { ownLaneName } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";
import { createInFlight } from "@postrider/worker/in-flight";
import { createLiveness } from "@postrider/worker/serve/liveness";
import { expect, onTestFinished, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

async function prepare() {
  const redis = openRedis(await isolatedRedisUrl());
  onTestFinished(() => redis.disconnect());
  const directory = createLaneDirectory(toShard(redis));
  await directory.refresh();
  const clock = { now: Date.now() };
  const inFlight = createInFlight(() => clock.now);
  const slots = new Map([["bulk", 2]]);
  const liveness = createLiveness({
    shard: toShard(redis),
    directory,
    slots: () => slots,
    inFlight,
    now: () => clock.now,
  });
  return {
    redis,
    inFlight,
    slots,
    async addLane(of: string, values: Partial<OwnLane> = {}): Promise<string> {
      const lane = ownLaneName("run", of);
      await directory.update(lane, () => ({ lane, kind: "run", of, createdAt: 0, ...values }));
      slots.set(lane, 2);
      return lane;
    },
    /** Where it is stuck after half a minute of looking. */
    async stuckLater(meanwhile: () => void = () => undefined): Promise<string | null> {
      for (let looks = 0; looks < 7; looks++) {
        await liveness.check();
        clock.now += 5_000;
        meanwhile();
      }
      return liveness.stuckIn();
    },
  };
}

test("a worker that takes nothing of what waits or is due is stuck, in shared lanes and in own ones", async () => {
  const { redis, slots, addLane, stuckLater } = await prepare();
  expect(await stuckLater()).toBeNull();
  await redis.lpush(shardKeys.ofLane("bulk", "wait"), "d");
  expect(await stuckLater()).toBe("bulk");

  await redis.del(shardKeys.ofLane("bulk", "wait"));
  const lane = await addLane("r");
  await redis.zadd(shardKeys.ofLane(lane, "delayed"), (Date.now() + 3_600_000) * 0x1000, "d");
  expect(await stuckLater()).toBeNull();
  await redis.zadd(shardKeys.ofLane(lane, "delayed"), (Date.now() - 1_000) * 0x1000, "d");
  expect(await stuckLater()).toBe(lane);
  slots.delete(lane);
  expect(await stuckLater()).toBeNull();
});

test("one that claims now and then, has no slot free, or waits for a limit is not", async () => {
  const { redis, inFlight, addLane, stuckLater } = await prepare();
  const lane = await addLane("r");
  const limited = await addLane("limited", { limits: { ratePerSecond: 1 } });
  for (const one of [lane, limited]) await redis.lpush(shardKeys.ofLane(one, "wait"), "d");
  const claimOne = (): void => {
    inFlight.enter(lane, false);
    inFlight.leave(lane, false);
  };
  expect(await stuckLater(claimOne)).toBeNull();
  await redis.set(shardKeys.ofLane(lane, "limiter"), 1, "PX", 600_000);
  expect(await stuckLater()).toBeNull();
  await redis.del(shardKeys.ofLane(lane, "limiter"));
  for (let held = 0; held < 2; held++) inFlight.enter(lane, false);
  expect(await stuckLater()).toBeNull();
});
