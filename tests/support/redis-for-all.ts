// One Redis for all test files of a run; the keys of each file have a prefix of their own.

import type { TestProject } from "vitest/node";
import { provideRedis } from "../../packages/cli/src/redis/provide-redis.ts";
import { startCluster } from "./cluster.ts";
import { isLeftOver, TEST_KEYS } from "./key-prefix.ts";
import { deleteKeys } from "./redis-keys.ts";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = process.env["TEST_REDIS"] === "cluster" ? await provideCluster() : await provideOne();
  project.provide("redisUrl", redis.url);
  return () => redis.stop();
}

async function provideOne() {
  const redis = await provideRedis({
    url: process.env["POSTRIDER_REDIS_URL"],
    say: (line) => console.log(line),
  });
  const now = Date.now();
  await deleteKeys(redis.url, TEST_KEYS, (key) => isLeftOver(key, now));
  return redis;
}

/** `npm run test:cluster`. */
async function provideCluster() {
  const cluster = await startCluster({ replicas: 0, nodeTimeoutMs: 15_000 });
  return { url: cluster.url, stop: () => cluster[Symbol.asyncDispose]() };
}
