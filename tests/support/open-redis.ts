// A test's own look into the Redis in which its keys lie, whatever shape that has.

import { type ClientOptions, openClient } from "@postrider/redis/open-client";
import type { Redis } from "ioredis";
import { keyPrefix } from "./key-prefix.ts";

/** Of a Cluster, it asks the master of the file's shard what names no key. */
export function openRedis(url: string, options: ClientOptions = {}): Redis {
  const redis = openClient(url, options, `${keyPrefix}:0`);
  // What tests look with, both have.
  return redis as Redis;
}
