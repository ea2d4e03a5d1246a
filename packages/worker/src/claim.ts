// Claims deliveries from one lane and takes each through deliver, record and settle. Expired, crashed and already-ended
// ones end here, unsent. The one try/catch that turns a bug of ours into a verdict stands here.

import { type Delivery, isDelivery } from "@postrider/shared/delivery";
import { shardPrefix } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import type { Outcome, Reason } from "@postrider/shared/outcome";
import { RETRY_PRESETS } from "@postrider/shared/retry";
import { type Job, Worker, type WorkerOptions } from "bullmq";
import type { Redis } from "ioredis";
import { type Attempted, type Claimed, NOT_SENT, type Verdict } from "./attempt.ts";
import { decide } from "./decide/decide.ts";
import { type Records, record } from "./record/record.ts";
import { backoffStrategy, settle } from "./settle.ts";

/** A delivery whose worker died so often while it was in flight is what kills workers. */
const CRASHES_MAX = 3;
/** Attempt records kept with a delivery; a rate limit can make many. */
const ATTEMPTS_KEPT = 30;

export interface LaneOptions {
  readonly redis: Redis;
  readonly lane: string;
  readonly concurrency: number;
  readonly lockMs: number;
  readonly stalledCheckMs: number;
  readonly deadLettersMax: number;
  readonly deadLettersAgeMs: number;
  readonly records: Records;
  readonly deliver: (claimed: Claimed) => Promise<Attempted>;
  readonly log: Logger;
}

/** Serves a lane until it is closed. */
export function serveLane(options: LaneOptions): Worker {
  const { lane, records, log } = options;
  const worker = new Worker(
    lane,
    (job: Job, token?: string) => handle(job, token ?? "", options),
    toWorkerOptions(options),
  );
  worker.on("error", (error) => log.warn({ lane, detail: error.message }, "lane trouble"));
  worker.on("stalled", (deliveryId) => {
    records.metrics.repeated(lane, "reclaimed");
    log.warn(
      { lane, deliveryId },
      "claim ran out; it may be sent a second time, with the same Idempotency-Key",
    );
  });
  return worker;
}

function toWorkerOptions({
  redis,
  concurrency,
  lockMs,
  stalledCheckMs,
  deadLettersMax,
  deadLettersAgeMs,
}: LaneOptions): WorkerOptions {
  return {
    connection: redis,
    prefix: shardPrefix(),
    autorun: false,
    concurrency,
    lockDuration: lockMs,
    lockRenewTime: lockMs / 2,
    stalledInterval: stalledCheckMs,
    // BullMQ would fail the delivery past its retry policy, unrecorded; CRASHES_MAX below is our own bound.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    // The ledger remembers what ended; BullMQ need not.
    removeOnComplete: { count: 0 },
    removeOnFail: { age: Math.ceil(deadLettersAgeMs / 1_000), count: deadLettersMax },
    // How soon an idle worker looks again when it missed a wake-up, and how soon after a connection error.
    drainDelay: 5,
    runRetryDelay: 1_000,
    settings: { backoffStrategy },
  };
}

async function handle(job: Job, token: string, options: LaneOptions): Promise<void> {
  const { records, lane } = options;
  const claimed = toClaimed(job, lane, records.now());
  records.metrics.inFlight(lane, 1);
  try {
    const ended = await records.ledger.find(claimed.id);
    const verdict =
      ended === null ? await attemptOnce(job, claimed, options) : repeatEnd(ended, claimed, options);
    await settle(job, token, verdict, records.now());
  } finally {
    records.metrics.inFlight(lane, -1);
  }
}

/**
 * A claim after the end, as a crash between record and settle leaves it: nothing is sent or counted, and the lane is told what stands
 * recorded, so that a failed delivery still becomes a dead letter.
 */
function repeatEnd({ outcome, reason }: Outcome, { lane }: Claimed, { records }: LaneOptions): Verdict {
  records.metrics.repeated(lane, "ended");
  return { kind: "ended", outcome, reason };
}

async function attemptOnce(job: Job, claimed: Claimed, options: LaneOptions): Promise<Verdict> {
  const attempted = await attempt(claimed, job, options);
  return writeDown(job, claimed, attempted, options);
}

/** How soon a delivery whose outcome Redis did not take, as when it is full, is looked at again. */
const UNRECORDED_RETRY_MS = 10_000;

/**
 * Records an attempt with its evidence. When that fails, nothing may end unrecorded: the delivery waits and is tried again, with the
 * same Idempotency-Key.
 */
async function writeDown(
  job: Job,
  claimed: Claimed,
  attempted: Attempted,
  { records, log }: LaneOptions,
): Promise<Verdict> {
  try {
    // Evidence first: a crash between the two repeats an attempt that can be seen, rather than leave a dead letter without a history.
    if (attempted.verdict.kind !== "ended" || attempted.verdict.outcome !== "delivered") {
      await keepEvidence(job, claimed, attempted, records.now());
    }
    await record(claimed, attempted, records);
    return attempted.verdict;
  } catch (error) {
    log.error(
      { deliveryId: claimed.id, lane: claimed.lane, detail: String(error) },
      "not recorded; it will be sent again",
    );
    return { kind: "retry", reason: "internal", delayMs: UNRECORDED_RETRY_MS, costsAttempt: false };
  }
}

/** One attempt, or what ends the delivery before any. */
async function attempt(claimed: Claimed, job: Job, { records, deliver }: LaneOptions): Promise<Attempted> {
  if (!isDelivery(job.data)) return endUnsent("failed", "delivery_invalid");
  const { expiresAt } = claimed.delivery;
  if (expiresAt !== undefined && records.now() > expiresAt) return endUnsent("expired", "expired");
  if (job.stalledCounter >= CRASHES_MAX) return endUnsent("failed", "crash");
  try {
    return await deliver(claimed);
  } catch (error) {
    const finding = {
      kind: "broken",
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    } as const;
    const verdict = decide(finding, claimed, {
      policy: RETRY_PRESETS.campaign,
      now: records.now(),
      random: Math.random,
    });
    return { finding, verdict, timings: NOTHING_TIMED, destination: null };
  }
}

const NOTHING_TIMED = { composeMs: 0, ...NOT_SENT } as const;

function endUnsent(outcome: "expired" | "failed", reason: Reason): Attempted {
  return {
    finding: { kind: "unsendable", reason, problems: [] },
    verdict: { kind: "ended", outcome, reason },
    timings: NOTHING_TIMED,
    destination: null,
  };
}

function toClaimed(job: Job, lane: string, now: number): Claimed {
  // What is no delivery ends unsent before anything of it is looked at.
  const delivery = isDelivery(job.data) ? job.data : ({} as Delivery);
  return {
    id: job.id ?? "",
    lane,
    delivery,
    attempt: job.attemptsMade + 1,
    claims: job.attemptsStarted,
    attemptsMax: job.opts.attempts ?? 1,
    // BullMQ rewrites `delay` at each retry; the delivery carries its own due time where it has one.
    dueAt: delivery.sendAt ?? job.timestamp,
    claimedAt: now,
  };
}

/** What a person needs to understand a retry or a dead letter, kept with the job and removed with it. */
async function keepEvidence(
  job: Job,
  claimed: Claimed,
  { finding, verdict, timings, destination }: Attempted,
  now: number,
): Promise<void> {
  job.opts.keepLogs = ATTEMPTS_KEPT;
  await job.log(
    JSON.stringify({ attempt: claimed.attempt, at: now, destination, finding, verdict, timings }),
  );
}
