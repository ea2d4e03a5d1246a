// Connections to Redis, with the options that each side needs and why, and the check that Redis keeps what it
// accepts.

import { PostriderError } from "@postrider/shared/errors";
import {
  maskUrl,
  parseSentinelUrl,
  REDIS_URL_RULE,
  type RedisPlace,
  SENTINEL_SCHEME,
  withoutBrackets,
} from "@postrider/shared/redis-url";
import { Redis, type RedisOptions } from "ioredis";

/**
 * A command that is not answered by then will not be: the caller hears so (a chunk of 500 takes some 20 ms).
 */
const PRODUCER_COMMAND_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
/**
 * A connection on which an answer is due and nothing came for this long is dead, even without a reset.
 * BullMQ's longest blocking wait is ten seconds; and after an outage that began while it connected, it must
 * be given up and made again within fifteen.
 */
const WORKER_SOCKET_TIMEOUT_MS = 12_000;

/**
 * A producer fails at once when Redis is away: its caller can still decide, a queue in memory would lie to
 * it.
 */
export const producerOptions: RedisOptions = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  commandTimeout: PRODUCER_COMMAND_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: PRODUCER_COMMAND_TIMEOUT_MS,
  retryStrategy: (times) => Math.min(100 * times, 1_000),
  reconnectOnError: isDemoted,
};

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

/**
 * Connects, waiting for the first answer, and refuses a Redis that may evict keys: it could lose accepted
 * deliveries.
 * @throws PostriderError `redis_unavailable`, `redis_evicts`, or `settings_invalid` for a URL that names no
 * Sentinels.
 */
export async function connectRedis(url: string, options: RedisOptions): Promise<Redis> {
  const redis = openRedis(url, options);
  let lastError: Error | undefined;
  redis.on("error", (error) => {
    lastError = error;
  });
  try {
    await redis.connect();
    await refuseEviction(redis);
    return redis;
  } catch (error) {
    redis.disconnect();
    if (error instanceof PostriderError) throw error;
    throw new PostriderError(
      "redis_unavailable",
      `Redis at ${maskUrl(url)} does not answer: ${(lastError ?? (error as Error)).message}`,
      {
        cause: error,
      },
    );
  }
}

const REDIS_PORT = 6_379;

/** A URL of Sentinels, or any that ioredis takes. @throws PostriderError `settings_invalid`. */
function openRedis(url: string, options: RedisOptions): Redis {
  const common = { ...options, lazyConnect: true, replyMapping: "legacy" } as const;
  return url.startsWith(SENTINEL_SCHEME)
    ? new Redis({ ...toSentinelOptions(url), ...common })
    : new Redis(url, common);
}

function toSentinelOptions(url: string): RedisOptions {
  const parsed = parseSentinelUrl(url);
  if (parsed === null) throw new PostriderError("settings_invalid", `the address of Redis ${REDIS_URL_RULE}`);
  const { name, username, password, sentinels, database } = parsed;
  return {
    name,
    sentinels: [...sentinels],
    ...(username && { username }),
    ...(password && { password }),
    ...(database !== null && { db: database }),
  };
}

/** Hosts and ports that a URL names: Redis', or its Sentinels'. None where it is a socket's path. */
export function toRedisPlaces(url: string): readonly RedisPlace[] {
  if (url.startsWith(SENTINEL_SCHEME)) return parseSentinelUrl(url)?.sentinels ?? [];
  if (!URL.canParse(url)) return [];
  const { hostname, port } = new URL(url);
  return hostname === "" ? [] : [{ host: withoutBrackets(hostname), port: Number(port || REDIS_PORT) }];
}

/**
 * Where a connection has really got to, as after asking Sentinels; null through a socket's path, and while
 * there is none.
 */
export function connectedPlace({ stream }: Redis): RedisPlace | null {
  if (!("remoteAddress" in stream)) return null;
  const { remoteAddress: host, remotePort: port } = stream;
  return host === undefined || port === undefined ? null : { host, port };
}

/** Whether Redis writes to disk what it acknowledges; null where it does not say. */
export async function isPersistent(redis: Redis): Promise<boolean | null> {
  const enabled = /aof_enabled:(\d)/.exec(await redis.info("persistence"))?.[1];
  return enabled === undefined ? null : enabled === "1";
}

/** The policy by which Redis may evict keys, as its INFO memory tells; null where it evicts none. */
export function toEvictionPolicy(memory: string): string | null {
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
  return policy === undefined || policy === "noeviction" ? null : policy;
}

async function refuseEviction(redis: Redis): Promise<void> {
  const policy = toEvictionPolicy(await redis.info("memory"));
  if (policy === null) return;
  throw new PostriderError(
    "redis_evicts",
    `this Redis may evict keys (maxmemory-policy ${policy}), and an evicted delivery is a lost one; set maxmemory-policy noeviction`,
  );
}

/**
 * Carries out a producer's Redis work and turns what went wrong into typed errors.
 * @throws PostriderError `redis_full` or `redis_unavailable`; other errors pass.
 */
export async function asProducer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toProducerError(error);
  }
}

/** How Redis refuses a command that it could not carry out, and how ioredis tells of a lost connection. */
const CONNECTION_TROUBLE =
  /^AbortError|Connection (is|ended|in|reset)|isn't writeable|isn't ready|timed out|Socket timeout|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST|ENETUNREACH|max retries|Reached the max|LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|MISCONF|NOREPLICAS|Cluster is/i;
const OUT_OF_MEMORY = /\bOOM command not allowed/;

function toProducerError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PostriderError) return error;
  const messages = [error, ...previousErrorsOf(error)].map(({ name, message }) => `${name} ${message}`);
  const cause = withoutCommands(error);
  if (messages.some((message) => OUT_OF_MEMORY.test(message))) {
    return new PostriderError(
      "redis_full",
      "Redis is at maxmemory and accepts nothing more; wait until workers have freed memory, or raise maxmemory",
      { cause },
    );
  }
  if (messages.some((message) => CONNECTION_TROUBLE.test(message))) {
    return new PostriderError(
      "redis_unavailable",
      `Redis did not answer (${error.message}); enqueue again under the same run or key: what was accepted is not repeated`,
      { cause },
    );
  }
  return error;
}

/** A transaction that Redis refuses as a whole (EXECABORT) says why at its commands. */
function previousErrorsOf(error: Error): readonly Error[] {
  return "previousErrors" in error && Array.isArray(error.previousErrors) ? error.previousErrors : [];
}

/**
 * ioredis hangs the commands of a whole transaction on an error: customers' data, in megabytes, for the
 * caller's log.
 */
function withoutCommands({ name, message, stack }: Error): Error {
  return Object.assign(new Error(message), { name, stack });
}
