// What lies in a lane right now, read straight from BullMQ's keys in one round trip.

import type { Redis } from "ioredis";
import { shardPrefix } from "./lanes.ts";

export interface Backlog {
  /** Due, and not yet claimed. */
  readonly waiting: number;
  /** Due later: a retry, or sendAt. */
  readonly delayed: number;
  readonly inFlight: number;
  readonly deadLetters: number;
  /** Age in ms of the delivery that waits the longest; 0 where none waits. */
  readonly oldestAgeMs: number;
}

/** Reads a lane's counts and the age of its oldest waiting delivery. */
export async function readBacklog(redis: Redis, lane: string, now: number, shard = 0): Promise<Backlog> {
  const key = (part: string) => `${shardPrefix(shard)}:${lane}:${part}`;
  const [wait, paused, prioritized, delayed, active, failed, oldest] = await pipelined(redis, [
    ["llen", key("wait")],
    ["llen", key("paused")],
    ["zcard", key("prioritized")],
    ["zcard", key("delayed")],
    ["llen", key("active")],
    ["zcard", key("failed")],
    // BullMQ pushes at the head and claims at the tail.
    ["lindex", key("wait"), "-1"],
  ]);
  const enqueuedAt = typeof oldest === "string" ? Number(await redis.hget(key(oldest), "timestamp")) : 0;
  return {
    waiting: Number(wait) + Number(paused) + Number(prioritized),
    delayed: Number(delayed),
    inFlight: Number(active),
    deadLetters: Number(failed),
    oldestAgeMs: enqueuedAt > 0 ? Math.max(0, now - enqueuedAt) : 0,
  };
}

async function pipelined(redis: Redis, commands: string[][]): Promise<unknown[]> {
  const replies = (await redis.pipeline(commands).exec()) ?? [];
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
