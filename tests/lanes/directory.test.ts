import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { ownLaneName } from "@postrider/shared/lanes";
import { expect, onTestFinished, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

test("a registry whose version went back, as after a failover, is read anew", async () => {
  const redis = openRedis(await isolatedRedisUrl());
  onTestFinished(() => redis.disconnect());
  const [here, there] = [createLaneDirectory(toShard(redis)), createLaneDirectory(toShard(redis))];
  await here.refresh();
  const entry = (of: string) => ({ lane: ownLaneName("run", of), kind: "run", of, createdAt: 0 }) as const;
  for (const of of ["a", "b", "c"]) await there.update(`run.${of}`, () => entry(of));
  await here.refresh();
  expect(here.get("run.c")).toEqual(entry("c"));

  // The replica knew the first of the changes only, and its own next one takes a version that the former
  // Redis gave to another.
  await redis.hdel(shardKeys.ownLanes(), "run.b", "run.c");
  await redis.zrem(shardKeys.ownLaneChanges(), "run.b", "run.c");
  await redis.set(shardKeys.ownLaneVersion(), 1);
  await there.update("run.d", () => entry("d"));
  await here.refresh();

  expect(here.all()).toEqual([entry("a"), entry("d")]);
});
