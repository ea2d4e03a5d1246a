// Connections to Redis, with the options that each side needs and why, and the check that Redis keeps what it
// accepts.

import { PostriderError } from "@postrider/shared/errors";
import { isAskedFor, maskUrl, type RedisPlace } from "@postrider/shared/redis-url";
import { Cluster, type RedisOptions } from "ioredis";
import type { RedisClient } from "./home-cluster.ts";
import { openClient } from "./open-client.ts";
import { type RedisFiles, readRedisTls } from "./redis-tls.ts";
import { toDenied, toProducerError } from "./redis-trouble.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** Whoever tells where Redis is has said so by then: a failover is over, or it is not. */
const ASKED_MS = 10_000;
/**
 * A connection on which an answer is due and nothing came for this long is dead, even without a reset.
 * BullMQ's longest blocking wait is ten seconds; and after an outage that began while it connected, it must
 * be given up and made again within fifteen.
 */
const WORKER_SOCKET_TIMEOUT_MS = 12_000;

/**
 * A producer fails at once when Redis is away: its caller can still decide, a queue in memory would lie to
 * it. While a Cluster makes another server a master, a command waits for it.
 * @param settings `redisWaitMs`: a command that is not answered by then will not be, and the caller hears so
 * (a chunk of 500 takes some 20 ms).
 */
export function toProducerOptions({ redisWaitMs }: { readonly redisWaitMs: number }): RedisOptions {
  return {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: redisWaitMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: redisWaitMs,
    retryStrategy: (times) => Math.min(100 * times, 1_000),
    reconnectOnError: isDemoted,
  };
}

/**
 * After a failover the old primary still answers, but takes nothing any more: the name leads to the new one
 * by now.
 */
function isDemoted({ message }: Error): boolean {
  return message.startsWith("READONLY");
}

/** A worker waits for Redis as long as it takes, and goes on where it was. BullMQ demands the null. */
export const workerOptions: RedisOptions = {
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: WORKER_SOCKET_TIMEOUT_MS,
  retryStrategy: (times) => Math.min(100 * times, 1_000),
  // Asked again on the new connection: no worker loses a command to a failover.
  reconnectOnError: (error) => (isDemoted(error) ? 2 : false),
};

export interface ConnectOptions extends RedisFiles {
  /** The hash tag of the keys that are reached through it, which tells their server of a Cluster. */
  readonly tag: string;
}

/**
 * Connects, waiting for the first answer, and refuses a Redis that may evict keys: it could lose accepted
 * deliveries.
 * @throws PostriderError `redis_unavailable`, `redis_denied`, `redis_evicts`, or `settings_invalid` for a URL
 * that names no Redis, Sentinels or Cluster, and for a TLS file that cannot be read.
 */
export async function connectRedis(
  url: string,
  options: Omit<RedisOptions, "tls">,
  { tag, ...files }: ConnectOptions,
): Promise<RedisClient> {
  const tls = await readRedisTls(url, files);
  const redis = openClient(url, { ...options, ...(tls !== null && { tls }) }, tag);
  let lastError: Error | undefined;
  const note = (error: Error & { readonly lastNodeError?: Error | null }): void => {
    // That no server of a Cluster could be asked says nothing; what the last one said does.
    lastError = error.lastNodeError ?? error;
  };
  redis.on("error", note);
  redis.on("node error", note);
  try {
    await untilConnected(redis, isAskedFor(url));
    await refuseEviction(redis);
    return redis;
  } catch (error) {
    redis.disconnect();
    if (error instanceof PostriderError) throw error;
    const cause = lastError ?? (error as Error);
    const denied = toDenied(cause.message);
    if (denied !== null)
      throw new PostriderError("redis_denied", `${maskUrl(url)}: ${denied}`, { cause: error });
    throw new PostriderError(
      "redis_unavailable",
      `Redis at ${maskUrl(url)} does not answer: ${cause.message}`,
      { cause: error },
    );
  }
}

/**
 * A client goes on by itself, and says nothing, while Sentinels do not answer or a Cluster has no master for
 * some slot.
 */
async function untilConnected(redis: RedisClient, isAsked: boolean): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error("no server takes commands; a Cluster says why in CLUSTER INFO");
    if (isAsked) timer = setTimeout(reject, ASKED_MS, error);
  });
  try {
    await Promise.race([redis.connect(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Where a connection has really got to, as after asking Sentinels, and where it may get to in a Cluster; none
 * through a socket's path, and while there is none.
 */
export function connectedPlaces(redis: RedisClient): readonly RedisPlace[] {
  if (redis instanceof Cluster)
    return redis.nodes().map(({ options: { host = "", port = 0 } }) => ({ host, port }));
  if (!("remoteAddress" in redis.stream)) return [];
  const { remoteAddress: host, remotePort: port } = redis.stream;
  return host === undefined || port === undefined ? [] : [{ host, port }];
}

/** Whether Redis writes to disk what it acknowledges; null where it does not say. */
export async function isPersistent(redis: RedisClient): Promise<boolean | null> {
  const enabled = /aof_enabled:(\d)/.exec(await redis.info("persistence"))?.[1];
  return enabled === undefined ? null : enabled === "1";
}

/** The policy by which Redis may evict keys, as its INFO memory tells; null where it evicts none. */
export function toEvictionPolicy(memory: string): string | null {
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
  return policy === undefined || policy === "noeviction" ? null : policy;
}

async function refuseEviction(redis: RedisClient): Promise<void> {
  const policy = toEvictionPolicy(await redis.info("memory"));
  if (policy === null) return;
  throw new PostriderError(
    "redis_evicts",
    `this Redis may evict keys (maxmemory-policy ${policy}), and an evicted delivery is a lost one; set maxmemory-policy noeviction`,
  );
}

/**
 * Carries out a producer's Redis work and turns what went wrong into typed errors.
 * @throws PostriderError `redis_full`, `redis_denied` or `redis_unavailable`; other errors pass.
 */
export async function asProducer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toProducerError(error);
  }
}
