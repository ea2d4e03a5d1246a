// One Redis for all test files of a run; the keys of each file have a prefix of their own.

import type { TestProject } from "vitest/node";
import { provideRedis } from "../../packages/cli/src/redis/provide-redis.ts";
import { isLeftOver, TEST_KEYS } from "./key-prefix.ts";
import { deleteKeys } from "./redis-keys.ts";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await provideRedis({
    url: process.env["POSTRIDER_REDIS_URL"],
    say: (line) => console.log(line),
  });
  const now = Date.now();
  await deleteKeys(redis.url, TEST_KEYS, (key) => isLeftOver(key, now));
  project.provide("redisUrl", redis.url);
  return () => redis.stop();
}
