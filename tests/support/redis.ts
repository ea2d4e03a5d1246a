// Redis for a test: the one of the whole run, in which the keys of each file have a prefix of their own; or a
// server of its own, for tests that kill it.

import { isAskedFor } from "@postrider/shared/redis-url";
import { inject, onTestFinished } from "vitest";
import { findOnPath, startRedisServer } from "../../packages/cli/src/redis/redis-server.ts";
import { noteUse } from "./key-prefix.ts";
import { deleteKeys } from "./redis-keys.ts";

/**
 * The URL of the run's Redis. It holds no key with this file's prefix yet, under which everything works that
 * the file starts (each-file.ts).
 */
export async function isolatedRedisUrl(): Promise<string> {
  const url = inject("redisUrl");
  if (noteUse(url)) await deleteKeys(url);
  return url;
}

/**
 * The same, at one address, for tests that lead it through a proxy, name it to a Sentinel or listen to it: a
 * server of the test's own where the run's Redis is a Cluster.
 */
export async function oneServerUrl(): Promise<string> {
  const url = inject("redisUrl");
  if (!isAskedFor(url)) return isolatedRedisUrl();
  const server = await startRedisServer({ binary: redisBinary() });
  onTestFinished(() => server.stop());
  return server.url;
}

/** The server program of this machine; the run's own Redis has installed it where it was missing. */
export function redisBinary(): string {
  const binary = findOnPath(["redis-server", "valkey-server"], process.env["PATH"] ?? "");
  if (binary === null) throw new Error("this test kills its own redis-server, and there is none on the PATH");
  return binary;
}
