import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { storeKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { postrider } from "../support/processes.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

test("the first process writes which form the keys have; those of an older release refuse a newer one and change nothing", async () => {
  const redisUrl = await isolatedRedisUrl();
  const redis = openRedis(redisUrl);
  for (let starts = 0; starts < 2; starts += 1) await (await createProducer({ redis: redisUrl })).close();
  expect(await redis.get(storeKeys.format())).toBe("1");

  await redis.set(storeKeys.format(), "2");
  await expect(createProducer({ redis: redisUrl })).rejects.toMatchObject({ code: "redis_newer" });
  const worker = await postrider(["worker"], { POSTRIDER_REDIS_URL: redisUrl, POSTRIDER_METRICS_PORT: "0" });

  expect(worker.code).toBe(1);
  expect(worker.stdout + worker.stderr).toMatch(/format 2, and this release knows formats up to 1/);
  expect(await redis.get(storeKeys.format())).toBe("2");
  redis.disconnect();
});
