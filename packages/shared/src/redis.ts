// Connections to Redis, with the options that each side needs and why, and the check that Redis keeps what it accepts.

import { Redis, type RedisOptions } from "ioredis";
import { PostriderError } from "./errors.ts";

/** A command that is not answered by then will not be: the caller hears so (a chunk of 500 takes some 20 ms). */
const PRODUCER_COMMAND_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** A producer fails at once when Redis is away: its caller can still decide, a queue in memory would lie to it. */
export const producerOptions: RedisOptions = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  commandTimeout: PRODUCER_COMMAND_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  retryStrategy: (times) => Math.min(100 * times, 1_000),
};

/** A worker waits for Redis as long as it takes, and goes on where it was. BullMQ demands the null. */
export const workerOptions: RedisOptions = {
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,

  connectTimeout: CONNECT_TIMEOUT_MS,
  retryStrategy: (times) => Math.min(100 * times, 1_000),
};

/**
 * Connects, waiting for the first answer, and refuses a Redis that may evict keys: it could lose accepted deliveries.
 * @throws PostriderError `redis_unavailable` or `redis_evicts`.
 */
export async function connectRedis(url: string, options: RedisOptions): Promise<Redis> {
  const redis = new Redis(url, { ...options, lazyConnect: true, replyMapping: "legacy" });
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

async function refuseEviction(redis: Redis): Promise<void> {
  const memory = await redis.info("memory");
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
  if (policy === undefined || policy === "noeviction") return;
  throw new PostriderError(
    "redis_evicts",
    `this Redis may evict keys (maxmemory-policy ${policy}), and an evicted delivery is a lost one; set maxmemory-policy noeviction`,
  );
}

/** The URL without its password, for messages. */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return "(not a URL)";
  const parsed = new URL(url);
  if (parsed.password !== "") parsed.password = "***";
  return parsed.toString();
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

const CONNECTION_TROUBLE =
  /Connection is closed|isn't writeable|Command timed out|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOST|max retries|LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|Reached the max|Connection ended|MISCONF|Connection reset/i;

function toProducerError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PostriderError) return error;
  if (/^(EXECABORT|OOM)|\bOOM command not allowed/.test(error.message)) {
    return new PostriderError(
      "redis_full",
      "Redis is at maxmemory and accepts nothing more; wait until workers have freed memory, or raise maxmemory",
      {
        cause: error,
      },
    );
  }
  if (CONNECTION_TROUBLE.test(`${error.name} ${error.message}`)) {
    return new PostriderError(
      "redis_unavailable",
      `Redis did not answer (${error.message}); enqueue again under the same run or key: what was accepted is not repeated`,
      {
        cause: error,
      },
    );
  }
  return error;
}
