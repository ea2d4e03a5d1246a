// Claims deliveries from one lane and takes each through gate, deliver, record and settle. The one try/catch that turns a bug of
// ours into a verdict stands here.

import { groupClaims } from "@postrider/redis/batched-claims";
import type { Bury } from "@postrider/redis/scripts/bury";
import type { Move } from "@postrider/redis/scripts/move";
import type { Written } from "@postrider/redis/scripts/record";
import type { Shard } from "@postrider/redis/shard";
import { type Delivery, isDelivery, isNewerDelivery } from "@postrider/shared/delivery";
import { packEvidence } from "@postrider/shared/evidence";
import { isOwnLane, toLaneLabel } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import { RETRY_PRESETS } from "@postrider/shared/retry";
import type { Sealer } from "@postrider/shared/seal";
import { type Job, Worker, type WorkerOptions } from "bullmq";
import { type Attempted, type Claimed, NOTHING_TIMED, type Verdict } from "./attempt.ts";
import { decide } from "./decide/decide.ts";
import type { Format, Gate } from "./gate.ts";
import type { Traffic } from "./in-flight.ts";
import type { Metrics } from "./record/metrics.ts";
import { type Records, record, recordLost } from "./record/record.ts";
import { backoffStrategy, isSettled, settle } from "./settle.ts";

/** What every lane of a process is served with. */
export interface LaneOptions {
  readonly shard: Shard;
  readonly lockMs: number;
  readonly stalledCheckMs: number;
  readonly records: Records;
  readonly move: Move;
  readonly bury: Bury;
  readonly traffic: Traffic;
  readonly gate: Gate;
  readonly deliver: (claimed: Claimed) => Promise<Attempted>;
  readonly sealer: Sealer;
  readonly log: Logger;
}

/** Serves a lane until it is closed. */
export function serveLane(lane: string, concurrency: number, options: LaneOptions): Worker {
  const { records, log } = options;
  const worker = new Worker(
    lane,
    (job: Job, token?: string) => handle(job, token ?? "", lane, options),
    toWorkerOptions(concurrency, options),
    groupClaims(options.shard.redis),
  );
  worker.on("error", (error) => {
    log.warn({ lane, detail: error.message }, "lane trouble");
    if (REFUSAL.test(error.message)) rest(worker);
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

/** Redis takes nothing now, as when it is full. BullMQ asks again at once: thousands of times a second, with a log line each. */
const REFUSAL = /^(OOM|MISCONF|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|BUSY|NOAUTH|NOPERM)\b/;
const REST_MS = 1_000;

/** Claims nothing for a while; what is in flight goes on. */
function rest(worker: Worker): void {
  if (worker.isPaused()) return;
  void worker.pause(true);
  setTimeout(() => void worker.resume(), REST_MS).unref();
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
  const { records, traffic, move, bury } = options;
  const claimed = toClaimed(job, token, lane, records.now());
  const isRetry = claimed.attempt > 1;
  traffic.enter(lane, isRetry);
  records.metrics.claimed(toLaneLabel(lane), 1);
  try {
    const verdict = await toVerdict(job, claimed, options);
    await settle(job, claimed, verdict, { move, bury, metrics: records.metrics, now: records.now() });
  } catch (error) {
    // Redis failed half-way: BullMQ must not take that for the delivery's last attempt, which would end it unrecorded.
    if (!isSettled(error)) job.opts.attempts = Number.MAX_SAFE_INTEGER;
    throw error;
  } finally {
    traffic.leave(lane, isRetry);
    records.metrics.claimed(toLaneLabel(lane), -1);
  }
}

async function toVerdict(job: Job, claimed: Claimed, options: LaneOptions): Promise<Verdict> {
  const { records, gate } = options;
  // A first claim has no past: admission marks and adds in one step, and every other way into a lane is a second claim.
  const mark = claimed.claims > 1 ? await records.ledger.find(claimed.id) : null;
  const passed = gate({ claimed, mark, format: toFormat(job.data), crashes: job.stalledCounter });
  if (passed.kind === "told") return passed.verdict;
  const attempted = passed.kind === "stopped" ? passed.attempted : await attempt(claimed, options);
  const { finding, verdict } = attempted;
  const isNothing = verdict.kind === "moved" || finding.kind === "untimely";
  return isNothing ? verdict : await writeDown(job, claimed, attempted, options);
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
  options: LaneOptions,
): Promise<Verdict> {
  const { records, log } = options;
  try {
    // Evidence first: a crash between the two repeats an attempt that can be seen, rather than leave a dead letter without a history.
    const isDelivered = attempted.verdict.kind === "ended" && attempted.verdict.outcome === "delivered";
    if (!isDelivered && !(await keepEvidence(claimed, attempted, options))) {
      recordLost(claimed, attempted, records);
      return { kind: "settled" };
    }
    const written = await record(claimed, attempted, records);
    if (written !== "lost" && job.stalledCounter > 0 && attempted.verdict.kind !== "ended")
      await records.ledger.forgetCrashes(claimed);
    return await toSettle(claimed, attempted.verdict, written, records);
  } catch (error) {
    records.metrics.repeated(toLaneLabel(claimed.lane), "unrecorded");
    log.error(
      { deliveryId: claimed.id, lane: claimed.lane, detail: String(error) },
      "not recorded; it will be sent again",
    );
    return { kind: "retry", reason: "internal", delayMs: UNRECORDED_RETRY_MS, costsAttempt: false };
  }
}

/** What is left for settle to do once a verdict has been recorded. */
async function toSettle(
  { id }: Claimed,
  verdict: Verdict,
  written: Written,
  { ledger }: Records,
): Promise<Verdict> {
  if (written === "lost") return { kind: "settled" };
  if (verdict.kind !== "ended") return verdict;
  if (written === "written") return verdict.outcome === "failed" ? verdict : { kind: "settled" };
  // The lane is told what stands recorded, not what we would have written.
  const mark = await ledger.find(id);
  return mark?.kind === "ended" ? { kind: "ended", outcome: mark.outcome, reason: mark.reason } : verdict;
}

async function attempt(claimed: Claimed, { records, deliver }: LaneOptions): Promise<Attempted> {
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

function toFormat(data: unknown): Format {
  if (isDelivery(data)) return "known";
  return isNewerDelivery(data) ? "newer" : "none";
}

function toClaimed(job: Job, token: string, lane: string, now: number): Claimed {
  // What is no delivery ends unsent before anything of it is looked at; where it lies now is its home then.
  const delivery = isDelivery(job.data)
    ? job.data
    : ({ ...(!isOwnLane(lane) && { lane }) } as unknown as Delivery);
  // BullMQ rewrites `delay` at each retry; the delivery carries its own due time where it has one.
  const dueAt = delivery.sendAt ?? job.timestamp;
  const attempt = job.attemptsMade + 1;
  return {
    id: job.id ?? "",
    lane,
    token,
    delivery,
    attempt,
    claims: job.attemptsStarted,
    attemptsMax: job.opts.attempts ?? 1,
    dueAt,
    agesFrom: delivery.begunAt ?? (attempt === 1 && now - dueAt > LATE_MS ? now : dueAt),
    claimedAt: now,
  };
}

/** First tried so much later than it was due, as after a pause, a delivery has all of its policy's time from then on. */
const LATE_MS = 60_000;

/**
 * What a person needs to understand a retry or a dead letter, kept with the job and removed with it.
 * @returns false when the claim was lost: another worker took it up, and may have ended it.
 */
function keepEvidence(
  claimed: Claimed,
  { finding, verdict, timings, destination }: Attempted,
  { records, sealer }: LaneOptions,
): Promise<boolean> {
  const at = records.now();
  const evidence = { attempt: claimed.attempt, at, destination, finding, verdict, timings };
  return records.ledger.keep(claimed, packEvidence(evidence, claimed, sealer));
}
