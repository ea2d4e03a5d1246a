// Makes the client for what a URL names: one Redis, one that Sentinels know, or a Cluster. It connects when
// it is told to.

import type { ConnectionOptions } from "node:tls";
import { PostriderError } from "@postrider/shared/errors";
import {
  isAskedFor,
  parseClusterUrl,
  parseSentinelUrl,
  REDIS_URL_RULE,
  type SentinelUrl,
} from "@postrider/shared/redis-url";
import { Redis, type RedisOptions } from "ioredis";
import { slotOfTag } from "./cluster-slots.ts";
import { HomeCluster, type RedisClient } from "./home-cluster.ts";

/** So long a Cluster's server has to say where the slots are. */
const SLOTS_MS = 5_000;
/**
 * So long after an answer that the slot is elsewhere, or nowhere, it is asked again: two servers may send a
 * command back and forth while a failover gets about.
 */
const REDIRECTED_MS = 25;
const RETRY_MS = 100;

export type ClientOptions = Omit<RedisOptions, "tls"> & { readonly tls?: ConnectionOptions };

/**
 * @param tag the hash tag of the keys that it is for.
 * @throws PostriderError `settings_invalid` for a URL that names none of them.
 */
export function openClient(url: string, options: ClientOptions, tag: string): RedisClient {
  const common = { ...options, lazyConnect: true, replyMapping: "legacy" } as const;
  if (!isAskedFor(url)) return new Redis(url, common);
  const sentinel = parseSentinelUrl(url);
  if (sentinel !== null) return new Redis({ ...toSentinelOptions(sentinel, options), ...common });
  return openCluster(url, options, tag);
}

function toSentinelOptions(
  { name, username, password, sentinels, database, isTls }: SentinelUrl,
  { tls = {} }: ClientOptions,
): RedisOptions {
  return {
    name,
    sentinels: [...sentinels],
    ...(username && { username }),
    ...(password && { password }),
    ...(database !== null && { db: database }),
    ...(isTls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

/** How often a command is sent again is bounded by its time, where it has one, and not by a number. */
function openCluster(url: string, options: ClientOptions, tag: string): HomeCluster {
  const parsed = parseClusterUrl(url);
  if (parsed === null) throw new PostriderError("settings_invalid", `the address of Redis ${REDIS_URL_RULE}`);
  const { username, password, nodes } = parsed;
  const { enableOfflineQueue, retryStrategy, reconnectOnError: _, ...each } = options;
  return new HomeCluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      lazyConnect: true,
      enableOfflineQueue,
      maxRedirections: Number.POSITIVE_INFINITY,
      retryDelayOnMoved: REDIRECTED_MS,
      retryDelayOnFailover: RETRY_MS,
      retryDelayOnClusterDown: RETRY_MS,
      retryDelayOnTryAgain: RETRY_MS,
      slotsRefreshTimeout: SLOTS_MS,
      clusterRetryStrategy: (times) => retryStrategy?.(times) ?? null,
      // Names stay names, which is what a certificate is held against.
      dnsLookup: (host, found) => found(null, host),
      redisOptions: {
        ...each,
        ...(username && { username }),
        ...(password && { password }),
      },
    },
    slotOfTag(tag),
  );
}
