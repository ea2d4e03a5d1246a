// Connections to Redis, with the options that each side needs and why, and the check that Redis keeps what it accepts.

import { Redis, type RedisOptions } from "ioredis";
import { PostriderError } from "./errors.ts";

/** A command that is not answered by then will not be: the caller hears so (a chunk of 500 takes some 20 ms). */
const PRODUCER_COMMAND_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
/**
 * A connection that owes an answer for so long is dead, though nobody has closed it: a firewall forgot it, or its host is gone. A claim
 * may block for ten seconds (BullMQ's own bound), so a worker waits a little longer.
 */
const WORKER_SILENCE_MS = 12_000;

/** A producer fails at once when Redis is away: its caller can still decide, a queue in memory would lie to it. */
export const producerOptions: RedisOptions = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  commandTimeout: PRODUCER_COMMAND_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: PRODUCER_COMMAND_TIMEOUT_MS,
  retryStrategy: (times) => Math.min(100 * times, 1_000),
  reconnectOnError: (error) => isDemoted(error),
};

/** A worker waits for Redis as long as it takes, and goes on where it was. BullMQ demands the null. */
export const workerOptions: RedisOptions = {
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: WORKER_SILENCE_MS,
  retryStrategy: (times) => Math.min(100 * times, 1_000),
  reconnectOnError: (error) => (isDemoted(error) ? RECONNECT_AND_REPEAT : false),
};

/** As ioredis calls it: what was refused is sent again over the new connection. */
const RECONNECT_AND_REPEAT = 2;

/** Whether this Redis has become a replica, as in a failover: the same name leads to the new primary by now. */
function isDemoted({ message }: Error): boolean {
  return message.startsWith("READONLY");
}

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

/** ioredis hangs the commands of a whole transaction on an error: customers' data, in megabytes, for the caller's log. */
function withoutCommands({ name, message, stack }: Error): Error {
  return Object.assign(new Error(message), { name, stack });
}
