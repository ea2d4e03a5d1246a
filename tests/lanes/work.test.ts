import { createWork } from "@postrider/worker/serve/work";
import { expect, onTestFinished, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

test("lanes with deliveries that wait, are due or are in flight have work, and for some seconds after; others have none", async () => {
  const redis = openRedis(await isolatedRedisUrl());
  onTestFinished(() => redis.disconnect());
  const work = createWork(toShard(redis));
  const now = 1_700_000_000_000;
  const empty = Array.from({ length: 1_200 }, (_, index) => `run.empty${index}`);
  await redis.lpush(shardKeys.ofLane("run.waits", "wait"), "d");
  await redis.lpush(shardKeys.ofLane("run.flies", "active"), "d");
  await redis.zadd(shardKeys.ofLane("run.due", "delayed"), (now - 1) * 0x1000, "d");
  await redis.zadd(shardKeys.ofLane("run.later", "delayed"), (now + 60_000) * 0x1000, "d");
  const lanes = [...empty, "run.waits", "run.flies", "run.due", "run.later"];

  expect(await work.find(lanes, now)).toEqual(["run.waits", "run.flies", "run.due"]);

  await redis.del(shardKeys.ofLane("run.waits", "wait"), shardKeys.ofLane("run.flies", "active"));
  expect(await work.find(lanes, now + 4_000)).toEqual(["run.waits", "run.flies", "run.due"]);
  expect(await work.find(lanes, now + 6_000)).toEqual(["run.due"]);
  await redis.lpush(shardKeys.ofLane("run.empty7", "wait"), "d");
  expect(await work.find(lanes, now + 7_000)).toEqual(["run.empty7", "run.due"]);
});
