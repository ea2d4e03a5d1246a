// What lies in a lane right now, read straight from BullMQ's keys in one round trip.

import type { Shard } from "./shard.ts";

export interface Backlog {
  /** Due, and not yet claimed. */
  readonly waiting: number;
  /** Due later: a retry, or sendAt. */
  readonly delayed: number;
  readonly inFlight: number;
  readonly deadLetters: number;
  /** For how long the delivery that waits the longest has been due, in ms; 0 where none waits. */
  readonly oldestAgeMs: number;
}

/** Reads a lane's counts, and for how long its oldest waiting delivery has been due. */
export async function readBacklog(shard: Shard, lane: string, now: number): Promise<Backlog> {
  const key = (part: string) => shard.keys.ofLane(lane, part);
  const [wait, paused, prioritized, delayed, active, failed, oldest] = await pipelined(shard, [
    ["llen", key("wait")],
    ["llen", key("paused")],
    ["zcard", key("prioritized")],
    ["zcard", key("delayed")],
    ["llen", key("active")],
    ["zcard", key("failed")],
    // BullMQ pushes at the head and claims at the tail.
    ["lindex", key("wait"), "-1"],
  ]);
  const dueAt = typeof oldest === "string" ? await readDueTime(shard, key(oldest)) : 0;
  return {
    waiting: Number(wait) + Number(paused) + Number(prioritized),
    delayed: Number(delayed),
    inFlight: Number(active),
    deadLetters: Number(failed),
    oldestAgeMs: dueAt > 0 ? Math.max(0, now - dueAt) : 0,
  };
}

/** What of an attempt's record (see the worker's claim) tells when the next one was due. */
interface LastAttempt {
  readonly at?: number;
  readonly verdict?: { readonly delayMs?: number };
}

/** BullMQ forgets a job's delay once it is over: the first one stands in its options still, a retry's in the record of the last attempt. */
async function readDueTime(shard: Shard, job: string): Promise<number> {
  const [facts, record] = await pipelined(shard, [
    ["hmget", job, "timestamp", "opts"],
    ["lindex", `${job}:logs`, "-1"],
  ]);
  const [timestamp, options] = facts as [string | null, string | null];
  const { delay = 0 } = JSON.parse(options ?? "{}") as { delay?: number };
  const { at = 0, verdict = {} } = JSON.parse((record as string | null) ?? "{}") as LastAttempt;
  return Math.max(Number(timestamp) + delay, at + (verdict.delayMs ?? 0));
}

async function pipelined(shard: Shard, commands: string[][]): Promise<unknown[]> {
  const replies = (await shard.redis.pipeline(commands).exec()) ?? [];
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
