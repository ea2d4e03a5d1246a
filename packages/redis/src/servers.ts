// The servers that the shards of an installation are on, as one setting names them.

import { isAskedFor, parseClusterUrl, splitRedisUrls } from "@postrider/shared/redis-url";
import type { RedisOptions } from "ioredis";
import { connectRedis } from "./connect.ts";
import type { RedisClient } from "./home-cluster.ts";
import type { RedisFiles } from "./redis-tls.ts";

export interface Server {
  /** Sentinels or a Cluster's servers tell where it is. */
  readonly isAskedFor: boolean;
  /** Each hash tag is reached through a connection of its own, which leads to the master that has it. */
  readonly isCluster: boolean;
  /** @param tag the hash tag of the keys. @throws as connectRedis does. */
  connect(tag: string): Promise<RedisClient>;
}

/** @param urls POSTRIDER_REDIS_URL; the first holds the store. @param options of a producer, or a worker. */
export function toServers(
  urls: string | readonly string[],
  options: Omit<RedisOptions, "tls">,
  files: RedisFiles,
): Server[] {
  return (typeof urls === "string" ? splitRedisUrls(urls) : urls).map((url) => ({
    isAskedFor: isAskedFor(url),
    isCluster: isAskedFor(url) && parseClusterUrl(url) !== null,
    connect: (tag) => connectRedis(url, options, { ...files, tag }),
  }));
}
