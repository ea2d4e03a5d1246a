// Finds and deletes keys by what they begin with, also in a Redis Cluster.

import { Cluster, type Redis } from "ioredis";
import { ownKeys } from "./key-prefix.ts";
import { openRedis } from "./open-redis.ts";

/** Keys looked at in one step. */
const SCANNED = 1_000;

/** Names of this file's keys that end so. @param end a glob. */
export async function findKeys(redis: Redis, end = ""): Promise<string[]> {
  const found = new Set<string>();
  for await (const { keys } of scanKeys(redis, `${ownKeys()}${end}`)) for (const key of keys) found.add(key);
  return [...found];
}

/** All keys that match, some at a time, with the server that has them. @param glob of their names. */
export async function* scanKeys(
  redis: Redis,
  glob: string,
): AsyncGenerator<{ readonly server: Redis; readonly keys: readonly string[] }> {
  for (const server of await mastersOf(redis))
    for await (const keys of server.scanStream({ match: glob, count: SCANNED }))
      yield { server, keys: keys as string[] };
}

/** Each has keys of its own. */
async function mastersOf(redis: Redis | Cluster): Promise<Redis[]> {
  // Where it has not connected yet it knows of none.
  await redis.ping();
  return redis instanceof Cluster ? redis.nodes("master") : [redis];
}

/** Deletes the keys that match. @param glob of their names. @param isMeant picks among them. */
export async function deleteKeys(
  url: string,
  glob: string = ownKeys(),
  isMeant: (key: string) => boolean = () => true,
): Promise<void> {
  const redis = openRedis(url);
  try {
    // One key a command, since a Cluster refuses keys of several slots in one.
    for await (const { keys } of scanKeys(redis, glob))
      await Promise.all(keys.filter(isMeant).map((key) => redis.unlink(key)));
  } finally {
    redis.disconnect();
  }
}
