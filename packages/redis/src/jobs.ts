// What BullMQ keeps of a delivery, and where in its lane it lies.

import { DELAY_UNIT } from "./counts.ts";
import type { LetterRef } from "./letter-page.ts";
import { onceSettled } from "./once-settled.ts";
import { readReplies } from "./replies.ts";
import type { Shard } from "./shard.ts";

/**
 * Waiting deliveries that are looked through for one's place: a million would hold Redis for some
 * milliseconds.
 */
const LOOKED_THROUGH_MAX = 10_000;

/** A delivery that lies in a lane. */
export interface StoredJob {
  readonly place: "delayed" | "in-flight" | "waiting";
  /** As it was enqueued, or replayed: JSON. */
  readonly data: string;
  /** Unix ms when it was enqueued, or replayed last. */
  readonly enqueuedAt: number;
  /** Attempts that were made and counted, since the last replay. */
  readonly attemptsMade: number;
  /** Unix ms when a delayed one becomes due. */
  readonly dueAt: number | null;
  /** How many are claimed before a waiting one; null where that is too many to look for. */
  readonly ahead: number | null;
  /** Whether the worker of one in flight still holds the claim. */
  readonly isClaimHeld: boolean;
}

/** A delivery of a lane, all of one moment; null where it does not lie there. */
export async function readJob(shard: Shard, lane: string, id: string): Promise<StoredJob | null> {
  const job = shard.keys.job(lane, id);
  const wait = shard.keys.ofLane(lane, "wait");
  const replies = await onceSettled(shard.redis, () =>
    shard.redis
      .multi()
      .hmget(job, "data", "timestamp", "atm")
      .zscore(shard.keys.ofLane(lane, "delayed"), id)
      .lpos(shard.keys.ofLane(lane, "active"), id)
      .exists(`${job}:lock`)
      .llen(wait)
      .lpos(wait, id, "RANK", -1, "MAXLEN", LOOKED_THROUGH_MAX)
      .exec(),
  );
  const [fields, due, claimed, lock, waiting, place] = readReplies(replies);
  const [data, enqueuedAt, attemptsMade] = fields as (string | null)[];
  if (data === null || data === undefined) return null;
  return {
    place: toPlace(due, claimed),
    data,
    enqueuedAt: Number(enqueuedAt),
    attemptsMade: Number(attemptsMade ?? 0),
    dueAt: typeof due === "string" ? Math.floor(Number(due) / DELAY_UNIT) : null,
    ahead: typeof place === "number" ? Number(waiting) - 1 - place : null,
    isClaimHeld: lock === 1,
  };
}

function toPlace(due: unknown, claimed: unknown): StoredJob["place"] {
  if (typeof due === "string") return "delayed";
  return typeof claimed === "number" ? "in-flight" : "waiting";
}

/** A delivery that has not ended, as it lies in its lane. */
export interface OpenJob {
  /** JSON. */
  readonly data: string;
  /** Unix ms when it was enqueued, or replayed last. */
  readonly enqueuedAt: number;
  readonly attemptsMade: number;
  /** The record of its last attempt. */
  readonly lastAttempt: string | undefined;
}

/** Deliveries by their places; null for those that are gone meanwhile. */
export async function readOpenJobs(
  shard: Shard,
  refs: readonly { readonly lane: string; readonly id: string }[],
): Promise<(OpenJob | null)[]> {
  const pipeline = shard.redis.pipeline();
  for (const { lane, id } of refs) {
    const job = shard.keys.job(lane, id);
    pipeline.hmget(job, "data", "timestamp", "atm");
    pipeline.lrange(`${job}:logs`, -1, -1);
  }
  const replies = readReplies(await pipeline.exec());
  return refs.map((_, index) => {
    const [data, enqueuedAt, attemptsMade] = replies[2 * index] as (string | null)[];
    const [lastAttempt] = replies[2 * index + 1] as string[];
    if (data === null || data === undefined) return null;
    return { data, enqueuedAt: Number(enqueuedAt), attemptsMade: Number(attemptsMade ?? 0), lastAttempt };
  });
}

/** A dead letter as it lies there; a field is null where it is missing. */
export interface StoredLetter {
  readonly data: string;
  readonly reason: string | null;
  readonly attemptsMade: number;
  /** BullMQ's options, as JSON. */
  readonly options: string;
  /** Unix ms when it was enqueued, or replayed last. */
  readonly enqueuedAt: number | null;
  /** The record of its last attempt. */
  readonly lastAttempt: string | undefined;
}

/** Dead letters by their places; null for those that are gone meanwhile. */
export async function readStoredLetters(
  shard: Shard,
  refs: readonly LetterRef[],
): Promise<(StoredLetter | null)[]> {
  const pipeline = shard.redis.pipeline();
  for (const { lane, id } of refs) {
    const job = shard.keys.job(lane, id);
    pipeline.hmget(job, "data", "failedReason", "atm", "opts", "timestamp");
    pipeline.lrange(`${job}:logs`, -1, -1);
  }
  const replies = readReplies(await pipeline.exec());
  return refs.map((_, index) => {
    const [data, reason = null, attempts, options, enqueuedAt] = replies[2 * index] as (string | null)[];
    const [lastAttempt] = replies[2 * index + 1] as string[];
    if (data === null || data === undefined) return null;
    return {
      data,
      reason,
      attemptsMade: Number(attempts ?? 0),
      options: options ?? "{}",
      enqueuedAt: enqueuedAt === null || enqueuedAt === undefined ? null : Number(enqueuedAt),
      lastAttempt,
    };
  });
}

/** Why dead letters failed, by their places. */
export async function readReasons(shard: Shard, refs: readonly LetterRef[]): Promise<unknown[]> {
  const pipeline = shard.redis.pipeline();
  for (const { lane, id } of refs) pipeline.hget(shard.keys.job(lane, id), "failedReason");
  return readReplies(await pipeline.exec());
}

/** Those of the ids that are dead letters of a lane, with the times when they failed. */
export async function findLetters(shard: Shard, lane: string, ids: readonly string[]): Promise<LetterRef[]> {
  const times = await shard.redis.zmscore(shard.keys.ofLane(lane, "failed"), ...ids);
  return ids.flatMap((id, index) => {
    const time = times[index] ?? null;
    return time === null ? [] : [{ lane, id, failedAt: Number(time) }];
  });
}

/** The records of a delivery's attempts that are kept with it, oldest first. */
export async function readAttemptRecords(shard: Shard, lane: string, id: string): Promise<string[]> {
  return await shard.redis.lrange(`${shard.keys.job(lane, id)}:logs`, 0, -1);
}
