// Finds and deletes keys by what they begin with, also in a Redis Cluster.

import { Cluster, type Redis } from "ioredis";
import { OWN_KEYS } from "./key-prefix.ts";
import { openRedis } from "./open-redis.ts";

/** Keys looked at in one step. */
const SCANNED = 1_000;

/** Names of this file's keys that end so. @param end a glob. */
export async function findKeys(redis: Redis, end = ""): Promise<string[]> {
  const found = new Set<string>();
  for (const one of await mastersOf(redis))
    for await (const keys of one.scanStream({ match: `${OWN_KEYS}${end}`, count: SCANNED }))
      for (const key of keys as string[]) found.add(key);
  return [...found];
}

/** Each has keys of its own. */
export async function mastersOf(redis: Redis | Cluster): Promise<Redis[]> {
  // Where it has not connected yet it knows of none.
  await redis.ping();
  return redis instanceof Cluster ? redis.nodes("master") : [redis];
}

/** Deletes the keys that match. @param glob of their names. @param isMeant picks among them. */
export async function deleteKeys(
  url: string,
  glob: string = OWN_KEYS,
  isMeant: (key: string) => boolean = () => true,
): Promise<void> {
  const redis = openRedis(url);
  try {
    // One key a command, since a Cluster refuses keys of several slots in one.
    for (const one of await mastersOf(redis))
      for await (const keys of one.scanStream({ match: glob, count: SCANNED }))
        await Promise.all((keys as string[]).filter(isMeant).map((key) => redis.unlink(key)));
  } finally {
    redis.disconnect();
  }
}
