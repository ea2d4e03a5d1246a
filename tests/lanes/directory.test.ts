import { createLaneDirectory } from "@postrider/shared/lane-directory";
import { keys, ownLaneName } from "@postrider/shared/lanes";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { isolatedRedisUrl } from "../support/redis.ts";

test("a registry whose version went back, as after a failover, is read anew", async () => {
  const redis = new Redis(await isolatedRedisUrl(), { replyMapping: "legacy" });
  onTestFinished(() => redis.disconnect());
  const [here, there] = [createLaneDirectory(redis), createLaneDirectory(redis)];
  await here.refresh();
  const entry = (of: string) => ({ lane: ownLaneName("run", of), kind: "run", of, createdAt: 0 }) as const;
  for (const of of ["a", "b", "c"]) await there.update(`run.${of}`, () => entry(of));
  await here.refresh();
  expect(here.get("run.c")).toEqual(entry("c"));

  // The replica knew the first of the changes only, and its own next one takes a version that the former Redis gave to another.
  await redis.hdel(keys.ownLanes(), "run.b", "run.c");
  await redis.zrem(keys.ownLaneChanges(), "run.b", "run.c");
  await redis.set(keys.ownLaneVersion(), 1);
  await there.update("run.d", () => entry("d"));
  await here.refresh();

  expect(here.all()).toEqual([entry("a"), entry("d")]);
});
