// One Redis for all test files of a run; each file takes a database of it for itself.

import type { TestProject } from "vitest/node";
import { provideRedis } from "../../packages/cli/src/redis/provide-redis.ts";

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
  project.provide("redisUrl", redis.url);
  return () => redis.stop();
}
