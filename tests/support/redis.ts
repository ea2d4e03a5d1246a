// Redis for a test: a database of its own, empty at the start; or a server of its own, for tests that kill
// it.

import { Redis } from "ioredis";
import { inject } from "vitest";
import { findOnPath } from "../../packages/cli/src/redis/redis-server.ts";

/**
 * A URL whose database no other test file uses at the same time; emptied. Evidence of a failed test stays
 * until the next one.
 */
export async function isolatedRedisUrl(): Promise<string> {
  // Vitest numbers its workers from 1, and each runs one file at a time; Redis has 16 databases.
  const database = Number(process.env["VITEST_POOL_ID"] ?? 1) % 16;
  const url = new URL(inject("redisUrl"));
  url.pathname = `/${database}`;
  const redis = new Redis(url.toString(), { replyMapping: "legacy" });
  await redis.flushdb();
  redis.disconnect();
  return url.toString();
}

/** The server program of this machine; the run's own Redis has installed it where it was missing. */
export function redisBinary(): string {
  const binary = findOnPath(["redis-server", "valkey-server"], process.env["PATH"] ?? "");
  if (binary === null) throw new Error("this test kills its own redis-server, and there is none on the PATH");
  return binary;
}
