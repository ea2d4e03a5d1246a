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
/**
 * A master from which a producer hears nothing for so long may have vanished: the others know by then, or
 * soon, who has its slots. A chunk of 500 takes some 20 ms.
 */
const SILENT_MS = 3_000;

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

/**
 * A command is sent again for as long as its time lasts, and a worker's has no end. The number of times must
 * be enough for that, since every other one may come at once.
 */
function openCluster(url: string, options: ClientOptions, tag: string): HomeCluster {
  const parsed = parseClusterUrl(url);
  if (parsed === null) throw new PostriderError("settings_invalid", `the address of Redis ${REDIS_URL_RULE}`);
  const { username, password, nodes } = parsed;
  const { enableOfflineQueue, retryStrategy, reconnectOnError: _, ...each } = options;
  const { commandTimeout = Number.POSITIVE_INFINITY } = each;
  const patience = Number.isFinite(commandTimeout) ? Math.min(commandTimeout, SILENT_MS) : null;
  return new HomeCluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      enableOfflineQueue,
      maxRedirections: Math.ceil(commandTimeout / (RETRY_MS / 2)),
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
        ...(patience !== null && { socketTimeout: patience, connectTimeout: patience }),
        ...(username && { username }),
        ...(password && { password }),
      },
    },
    slotOfTag(tag),
  );
}
