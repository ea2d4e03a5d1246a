// What went wrong between a producer and Redis, as a typed error.

import { PostriderError } from "@postrider/shared/errors";

/** How Redis refuses a command that it could not carry out, and how ioredis tells of a lost connection. */
const CONNECTION_TROUBLE =
  /^AbortError|Connection (is|ended|in|reset)|isn't writeable|isn't ready|timed out|Socket timeout|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST|ENETUNREACH|max retries|Reached the max|LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|MISCONF|NOREPLICAS|Cluster is|Too many Cluster redirections|None of startup nodes|Failed to refresh slots/i;
/** A Cluster's slot is being moved: some of its keys are here, some there, and no script runs on both. */
const SLOT_TROUBLE =
  /\b(MOVED|ASK) \d|\bTRYAGAIN\b|non local key in a cluster node|undeclared keys were accessed|slots? allocation group/;
const OUT_OF_MEMORY = /\bOOM command not allowed/;

/** Whether a transaction was refused as a whole, and only because its slot is being moved. */
export function isSlotTrouble(error: unknown): boolean {
  if (!(error instanceof Error) || !error.message.startsWith("EXECABORT")) return false;
  const previous = previousErrorsOf(error);
  return previous.length > 0 && previous.every(({ message }) => SLOT_TROUBLE.test(message));
}

/**
 * @returns `redis_full`, `redis_denied`, `redis_unavailable`, or `settings_invalid` where a Cluster is not
 * known as one; any other error as it is.
 */
export function toProducerError(error: unknown): unknown {
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
  if (error.message.startsWith("MOVED "))
    return new PostriderError(
      "settings_invalid",
      "POSTRIDER_REDIS_URL names a server of a Redis Cluster as if it stood alone; write it redis+cluster://host:port,host:port",
      { cause },
    );
  const denied = toDenied(...messages);
  if (denied !== null) return new PostriderError("redis_denied", denied, { cause });
  if (messages.some((message) => CONNECTION_TROUBLE.test(message) || SLOT_TROUBLE.test(message))) {
    return new PostriderError(
      "redis_unavailable",
      `Redis did not answer (${error.message}); enqueue again under the same run or key: what was accepted is not repeated`,
      { cause },
    );
  }
  return error;
}

const WRONG_LOGIN = /\b(WRONGPASS|NOAUTH)\b/;
/** In a command of its own, or in one within a script (Redis 7.0 says so in other words). */
const NO_RIGHT = /\bNOPERM\b|user executing the script can't|ACL failure in script/;
const COMMAND = /run the '([\w|-]+)' command/;
const KEYS = /\bkeys?\b/;

/**
 * What the user of Redis may not do, and what to grant, in one sentence; null where none of the messages says
 * that something is not allowed.
 */
export function toDenied(...messages: readonly string[]): string | null {
  if (messages.some((message) => WRONG_LOGIN.test(message)))
    return "Redis refuses the user or the password of POSTRIDER_REDIS_URL; set them to those that its ACL has";
  const message = messages.find((one) => NO_RIGHT.test(one));
  if (message === undefined) return null;
  const command = COMMAND.exec(message)?.[1];
  if (command !== undefined)
    return `Redis' user may not run ${command.toUpperCase()}; grant it with ACL SETUSER <user> +${command} (docs/redis.md has each role's rules)`;
  return KEYS.test(message)
    ? "Redis' user may not reach Postrider's keys; grant them with ACL SETUSER <user> ~{<POSTRIDER_KEY_PREFIX>* (docs/redis.md has each role's rules)"
    : `Redis' user lacks a right (${message}); docs/redis.md has each role's rules`;
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
