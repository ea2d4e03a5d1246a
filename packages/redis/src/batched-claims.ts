// Claims in groups: those that are ready for their next delivery at the same moment, since what they did
// before was recorded in one command, ask in one command, too.

import {
  type BackendFactory,
  createRedisBackend,
  type JobJson,
  type JobsOptions,
  type RedisQueueBackend,
} from "bullmq";
import { createBatch } from "./batch.ts";
import { JOB_NAME } from "./keys.ts";
import { type ClaimedJob, type ClaimedJobs, createClaimWaiting } from "./scripts/claim-waiting.ts";
import type { Shard } from "./shard.ts";

/** Keeps one script under a millisecond or so. */
const GROUP_MAX = 50;

/** What BullMQ takes for the answer to a claim. */
type NextJob = [job: JobJson | null, id: string, limitedMs: number, nextDueAt: number];

/**
 * What BullMQ's workers ask Redis with. @param shard whose connection they are given. @param lockMs how long
 * a claim holds.
 */
export function batchClaims(shard: Shard, lockMs: number): BackendFactory<RedisQueueBackend> {
  return (lane, options, connections) => {
    const backend = createRedisBackend(lane, options, connections);
    const claimWaiting = createClaimWaiting(shard, lane, lockMs);
    const readOptions = createReadOptions();
    const claim = createBatch<string, NextJob>(
      async (tokens) => {
        const now = Date.now();
        const claimed = await claimWaiting(tokens, now);
        return tokens.map((_, index) => toNextJob(claimed, index, now, readOptions));
      },
      GROUP_MAX,
      0,
    );
    backend.moveToActive = (token) => claim(token);
    return backend;
  };
}

type ReadOptions = (text: string) => JobsOptions;

function toNextJob(
  { jobs, limitedMs, nextDueAt }: ClaimedJobs,
  index: number,
  now: number,
  readOptions: ReadOptions,
): NextJob {
  const job = jobs[index];
  return job === undefined
    ? [null, "", limitedMs, nextDueAt]
    : [toJobJson(job, now, readOptions(job.options)), job.id, 0, 0];
}

function toJobJson(
  { id, data, enqueuedAt, attemptsMade, claims, crashes }: ClaimedJob,
  processedOn: number,
  opts: JobsOptions,
): JobJson {
  return {
    id,
    name: JOB_NAME,
    data,
    opts,
    timestamp: enqueuedAt,
    attemptsMade,
    attemptsStarted: claims,
    stalledCounter: crashes,
    processedOn,
    progress: 0,
    failedReason: "",
    returnvalue: "",
  };
}

/** Reads options as JSON; most deliveries of a lane have the same ones. BullMQ copies them for each job. */
function createReadOptions(): ReadOptions {
  let lastText = "";
  let last: JobsOptions = {};
  return (text) => {
    if (text === lastText) return last;
    last = JSON.parse(text === "" ? "{}" : text);
    lastText = text;
    return last;
  };
}
