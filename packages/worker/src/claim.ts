// Claims deliveries from one lane and takes each through deliver, record and settle.

import { batchClaims } from "@postrider/redis/batched-claims";
import type { Bury } from "@postrider/redis/scripts/bury";
import type { Move } from "@postrider/redis/scripts/move";
import type { Shard } from "@postrider/redis/shard";
import { type Delivery, isDelivery, isNewerDelivery } from "@postrider/shared/delivery";
import { isOwnLane, toLaneLabel } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import { type Job, Worker, type WorkerOptions } from "bullmq";
import type { Attempted, Claimed } from "./attempt.ts";
import type { Format, Past } from "./draft.ts";
import type { InFlight } from "./in-flight.ts";
import type { Metrics } from "./record/metrics.ts";
import { type Records, record } from "./record/record.ts";
import { backoffStrategy, isSettled, settle } from "./settle.ts";
import type { DeliveryTracing } from "./trace/delivery-tracing.ts";

/** What every lane of a process is served with. */
export interface LaneOptions {
  readonly shard: Shard;
  readonly lockMs: number;
  readonly stalledCheckMs: number;
  readonly records: Records;
  readonly move: Move;
  readonly bury: Bury;
  readonly inFlight: InFlight;
  /** Makes an attempt and decides what follows from it. Throws nothing. */
  readonly deliver: (claimed: Claimed, past: Past) => Promise<Attempted>;
  /** Null while traces are off. */
  readonly tracing: DeliveryTracing | null;
  readonly log: Logger;
}

/** Serves a lane until it is closed. */
export function serveLane(lane: string, concurrency: number, options: LaneOptions): Worker {
  const { records, log } = options;
  const worker = new Worker(
    lane,
    async (job: Job, token?: string) => {
      try {
        await handle(job, token ?? "", lane, options);
      } catch (error) {
        // The delivery waits by itself; all others of the lane would meet the same, one after the other.
        if (!isSettled(error) && isRefusal(error)) pauseClaims(worker);
        throw error;
      }
    },
    toWorkerOptions(concurrency, options),
    batchClaims(options.shard, options.lockMs),
  );
  worker.on("error", (error) => {
    log.warn({ lane, detail: error.message }, "lane trouble");
    if (isRefusal(error)) pauseClaims(worker);
  });
  const reclaimed = toReclaimed(records.metrics, log);
  worker.on("stalled", (deliveryId) => reclaimed(lane, deliveryId));
  return worker;
}

/** What is told of a claim that ran out, wherever it is noticed. */
export function toReclaimed(metrics: Metrics, log: Logger): (lane: string, deliveryId: string) => void {
  return (lane, deliveryId) => {
    metrics.repeated(toLaneLabel(lane), "reclaimed");
    log.warn(
      { lane, deliveryId },
      "claim ran out; it may be sent a second time, with the same Idempotency-Key",
    );
  };
}

/**
 * Redis takes nothing now, as when it is full. BullMQ asks again at once: thousands of times a second, with a
 * log line each.
 */
const REFUSAL = /^(OOM|EXECABORT|MISCONF|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|BUSY|NOAUTH|NOPERM)\b/;

function isRefusal(error: unknown): boolean {
  return error instanceof Error && REFUSAL.test(error.message);
}

const CLAIM_PAUSE_MS = 1_000;

/** Claims nothing for a while; what is in flight goes on. */
function pauseClaims(worker: Worker): void {
  if (worker.isPaused()) return;
  void worker.pause(true);
  setTimeout(() => void worker.resume(), CLAIM_PAUSE_MS).unref();
}

function toWorkerOptions(concurrency: number, { shard, lockMs, stalledCheckMs }: LaneOptions): WorkerOptions {
  return {
    connection: shard.redis,
    prefix: shard.keys.prefix,
    autorun: false,
    concurrency,
    lockDuration: lockMs,
    lockRenewTime: lockMs / 2,
    stalledInterval: stalledCheckMs,
    // BullMQ would fail the delivery past its retry policy, unrecorded; the gate counts crashes.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    // The ledger remembers what ended; BullMQ need not.
    removeOnComplete: { count: 0 },
    // How soon an idle worker looks again when it missed a wake-up, and how soon after a connection error.
    drainDelay: 5,
    runRetryDelay: 1_000,
    settings: { backoffStrategy },
  };
}

async function handle(job: Job, token: string, lane: string, options: LaneOptions): Promise<void> {
  const { records, inFlight, move, bury, tracing } = options;
  const claimed = toClaimed(job, token, lane, options);
  const isRetry = claimed.attempt > 1;
  inFlight.enter(lane, isRetry);
  records.metrics.claimed(toLaneLabel(lane), 1);
  let attempted: Attempted | undefined;
  try {
    const past = await readPast(job, claimed, records);
    attempted = await options.deliver(claimed, past);
    const left = await record(claimed, past, attempted, records);
    await settle(job, claimed, left, { move, bury, metrics: records.metrics, now: records.now() });
  } catch (error) {
    // Redis failed half-way: BullMQ must not take that for the delivery's last attempt, which would end it
    // unrecorded.
    if (!isSettled(error)) job.opts.attempts = Number.MAX_SAFE_INTEGER;
    throw error;
  } finally {
    inFlight.leave(lane, isRetry);
    records.metrics.claimed(toLaneLabel(lane), -1);
    if (tracing !== null && attempted !== undefined) tracing.end(claimed, attempted);
  }
}

async function readPast(
  job: Job,
  { id, lane, attempt, claims }: Claimed,
  { ledger }: Records,
): Promise<Past> {
  const format = toFormat(job.data);
  const crashes = job.stalledCounter;
  // A first claim has no past: admission marks and adds in one step, and every other way into a lane is a
  // second claim. One whose data are gone counts its claims anew.
  if (claims <= 1 && format !== "none") return { mark: null, format, isTried: false, crashes };
  // The number of the attempt tells; but attempts may cost none.
  const look = attempt > 1 || ledger.isTried(lane, id);
  const [mark, isTried] = await Promise.all([ledger.find(id), look]);
  return { mark, format, isTried, crashes };
}

function toFormat(data: unknown): Format {
  if (isDelivery(data)) return "known";
  return isNewerDelivery(data) ? "newer" : "none";
}

function toClaimed(
  job: Job,
  token: string,
  lane: string,
  { records, tracing }: Pick<LaneOptions, "records" | "tracing">,
): Claimed {
  const now = records.now();
  // What is no delivery ends unsent before anything of it is looked at; where it lies now is its home then.
  const delivery = isDelivery(job.data)
    ? job.data
    : ({ ...(!isOwnLane(lane) && { lane }) } as unknown as Delivery);
  // BullMQ rewrites `delay` at each retry; the delivery carries its own due time where it has one.
  const dueAt = delivery.sendAt ?? job.timestamp;
  const attempt = job.attemptsMade + 1;
  const id = job.id ?? "";
  return {
    id,
    lane,
    token,
    delivery,
    attempt,
    claims: job.attemptsStarted,
    attemptsMax: job.opts.attempts ?? 1,
    dueAt,
    agesFrom: delivery.begunAt ?? (attempt === 1 && now - dueAt > LATE_MS ? now : dueAt),
    claimedAt: now,
    trace: tracing === null ? null : tracing.begin(id, job.timestamp),
  };
}

/**
 * First tried so much later than it was due, as after a pause, a delivery has all of its policy's time from
 * then on.
 */
const LATE_MS = 60_000;
