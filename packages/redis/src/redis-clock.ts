// The clock of a Redis server, for what several processes must agree on whose own clocks may differ.

import type { RedisClient } from "./home-cluster.ts";

/** @returns Unix ms. */
export async function readRedisClock({ redis }: { readonly redis: RedisClient }): Promise<number> {
  const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
  return seconds * 1_000 + Math.floor(micros / 1_000);
}
