// Transactions over a Cluster whose slots are on the way. ioredis asks again what one server refuses with one
// and the same word; of a transaction, each command may be refused with another.

import { setTimeout as pause } from "node:timers/promises";
import { Cluster } from "ioredis";
import type { RedisClient } from "./home-cluster.ts";
import { isSlotTrouble } from "./redis-trouble.ts";

const AGAIN_MS = 100;

/**
 * Carries out a transaction. One that a Cluster refuses as a whole, because its slot is being moved, is
 * carried out once that is over, within the time that the client gives its commands.
 * @throws what the transaction throws, or "Command timed out".
 */
export async function onceSettled<T>(redis: RedisClient, transact: () => Promise<T>): Promise<T> {
  if (!(redis instanceof Cluster)) return transact();
  const limitMs = redis.options.redisOptions?.commandTimeout;
  if (limitMs === undefined) return tryUntil(Number.POSITIVE_INFINITY, transact);
  const isOver = new AbortController();
  const late = pause(limitMs, null, { signal: isOver.signal }).then(
    () => {
      throw new Error("Command timed out");
    },
    // Nobody waits for it any more.
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([tryUntil(Date.now() + limitMs, transact), late]);
  } finally {
    isOver.abort();
  }
}

/** @param deadline Unix ms. */
async function tryUntil<T>(deadline: number, transact: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await transact();
    } catch (error) {
      if (!isSlotTrouble(error) || Date.now() > deadline) throw error;
      await pause(AGAIN_MS);
    }
  }
}
