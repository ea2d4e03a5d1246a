// Writes down what an attempt came to: evidence, outcome and counters in Redis, all in one step, then metrics
// and one log line with all the facts. Called before the lane is told, so that no crash can hide an attempt
// that reached its destination.

import type { Ledger } from "@postrider/redis/ledger";
import type { Happened, RollUps } from "@postrider/redis/roll-ups";
import type { Written } from "@postrider/redis/scripts/record-attempt";
import type { AttemptRecord } from "@postrider/shared/attempt-record";
import { isCanary } from "@postrider/shared/canary-action";
import { placeOfDelivery } from "@postrider/shared/customer-place";
import { packEvidence } from "@postrider/shared/evidence";
import { toLaneLabel } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import type { Outcome } from "@postrider/shared/outcome";
import { type Told, toTold } from "@postrider/shared/outcome-entry";
import type { Sealer } from "@postrider/shared/seal";
import {
  type Attempted,
  type Claimed,
  type Finding,
  isNoAttempt,
  type Left,
  type Verdict,
} from "../attempt.ts";
import type { Past } from "../draft.ts";
import type { AttemptTrace } from "../trace/attempt-trace.ts";
import type { AttemptLog } from "./attempt-log.ts";
import type { Metrics } from "./metrics.ts";

export interface Records {
  readonly ledger: Ledger;
  readonly sealer: Sealer;
  readonly metrics: Metrics;
  /** What charts are made of. */
  readonly rollUps: RollUps;
  readonly attempts: AttemptLog;
  readonly log: Logger;
  readonly now: () => number;
  /** How many outcomes their readers find; 0: none is told. */
  readonly outcomesKept: number;
  /** What becomes of a delivery of which nothing could be written down. */
  readonly decideUnrecorded: () => Verdict;
}

/**
 * Records an attempt. Safe to repeat: the first outcome of a delivery stands, and only that one is counted.
 * @returns what is left to do with the job. Where Redis takes nothing, as when it is full, the delivery is
 * tried again, with the same Idempotency-Key.
 */
export async function record(
  claimed: Claimed,
  past: Past,
  attempted: Attempted,
  records: Records,
): Promise<Left> {
  const { finding, verdict } = attempted;
  if (isNoAttempt(finding)) return toLeft(verdict);
  const { ledger, metrics, log } = records;
  try {
    const written = await write(claimed, past, attempted, records);
    // BullMQ's count of crashes goes with the job of a delivery that ends.
    if (written !== "lost" && past.crashes > 0 && verdict.kind !== "ended")
      await ledger.forgetCrashes(claimed);
    if (written === "lost") return GONE;
    if (verdict.kind !== "ended") return verdict;
    if (written === "written") return verdict.outcome === "failed" ? toLeft(verdict) : GONE;
    // The lane is told what stands recorded, not what we would have written.
    const mark = await ledger.find(claimed.id);
    return toLeft(
      mark?.kind === "ended" ? { ...verdict, outcome: mark.outcome, reason: mark.reason } : verdict,
    );
  } catch (error) {
    metrics.repeated(toLaneLabel(claimed.lane), "unrecorded");
    log.error(
      { deliveryId: claimed.id, lane: claimed.lane, detail: String(error) },
      "not recorded; it will be sent again",
    );
    return toLeft(records.decideUnrecorded());
  }
}

const GONE: Left = { kind: "gone" };

/** What is left to do where the job lies in its lane still. */
function toLeft(verdict: Verdict): Left {
  if (verdict.kind !== "ended") return verdict;
  return verdict.outcome === "failed" ? { kind: "bury", reason: verdict.reason } : { kind: "complete" };
}

async function write(claimed: Claimed, past: Past, attempted: Attempted, records: Records): Promise<Written> {
  const { verdict } = attempted;
  const { ledger, metrics } = records;
  const lane = toLaneLabel(claimed.lane);
  countExchange(claimed, attempted, metrics);
  const at = records.now();
  const outcome = toOutcome(claimed, attempted, at);
  const isRetry = verdict.kind === "retry";
  const written = await ledger.write({
    claimed,
    record: toRecord(claimed, attempted, at, records),
    outcome,
    told: outcome === null ? null : tell(claimed, attempted, outcome, records),
    customerPlace: outcome === null ? null : placeOfDelivery(claimed.delivery),
    isRetry,
  });
  const { trace } = claimed;
  if (trace !== null) noteRecorded(trace, written, outcome);
  if (written === "lost") metrics.repeated(lane, "lost");
  else if (written === "stands") metrics.repeated(lane, "ended");
  else if (outcome !== null) countEnd(claimed, outcome, metrics);
  if (written !== "lost" && verdict.kind === "retry") metrics.retried(lane, verdict.reason);
  if (written === "written" && !past.isTried && isBegun(attempted.finding))
    metrics.begun(lane, claimed.claimedAt - claimed.dueAt);
  records.rollUps.add(toHappened(claimed, attempted, written === "written" ? outcome : null, written));
  records.attempts.write(claimed, attempted, written, at);
  return written;
}

function countEnd(
  { lane, delivery, dueAt, trace }: Claimed,
  { outcome, reason, endedAt }: Outcome,
  metrics: Metrics,
): void {
  metrics.ended(toLaneLabel(lane), outcome, reason);
  metrics.actionEnded(delivery.action, outcome);
  if (outcome === "delivered") metrics.latency((endedAt - dueAt) / 1_000, trace);
}

function noteRecorded(trace: AttemptTrace, written: Written, outcome: Outcome | null): void {
  trace.recorded = {
    endedAt: performance.now(),
    written,
    outcome: written === "written" ? outcome : null,
  };
}

function toOutcome(claimed: Claimed, { verdict, finding }: Attempted, endedAt: number): Outcome | null {
  if (verdict.kind !== "ended") return null;
  const { outcome, reason } = verdict;
  return { outcome, reason, status: toStatus(finding), attempts: claimed.attempt, endedAt };
}

/** What is told of an outcome. */
function tell(
  { id, delivery, dueAt }: Claimed,
  { timings, captured, customerId }: Attempted,
  outcome: Outcome,
  { outcomesKept, sealer }: Records,
): Told | null {
  if (outcomesKept === 0 || isCanary(delivery.action)) return null;
  const latencyMs = outcome.endedAt - dueAt;
  return toTold({ id, delivery, outcome, latencyMs, sendMs: timings.totalMs, captured, customerId }, sealer);
}

/** What a person needs to understand a retry or a dead letter. What is delivered needs none. */
function toRecord(
  claimed: Claimed,
  { finding, verdict, timings, destination }: Attempted,
  at: number,
  { sealer }: Records,
): string | null {
  if (verdict.kind === "ended" && verdict.outcome === "delivered") return null;
  const kept = finding.kind === "reply" ? { ...finding, body: finding.body.text } : finding;
  const evidence: AttemptRecord = {
    attempt: claimed.attempt,
    at,
    destination,
    finding: kept,
    verdict,
    timings,
  };
  return packEvidence(evidence, claimed, sealer);
}

function countExchange(
  { lane, trace }: Claimed,
  { finding, timings, destination }: Attempted,
  metrics: Metrics,
): void {
  if (finding.kind === "reply") metrics.replied(finding.status);
  else if (finding.kind === "fault") metrics.faulted(finding.code);
  else return;
  metrics.attempted(timings.totalMs / 1_000, trace);
  metrics.exchanged(lane, destination, finding, timings);
}

/** Whether a delivery has had its chance by this; one that expired before has had it too late. */
function isBegun(finding: Finding): boolean {
  if (finding.kind === "unsendable") return finding.reason !== "run_cancelled";
  return finding.kind === "reply" || finding.kind === "fault" || finding.kind === "unready";
}

/** What is counted of it for charts: the same as for Prometheus. */
function toHappened(
  { lane, delivery, dueAt }: Claimed,
  { finding, verdict, timings, destination }: Attempted,
  outcome: Outcome | null,
  written: Written,
): Happened {
  const isSent = finding.kind === "reply" || finding.kind === "fault";
  return {
    // What is no delivery has none.
    action: delivery.action ?? null,
    destination,
    lane: toLaneLabel(lane),
    run: delivery.run ?? null,
    reason: "reason" in verdict ? verdict.reason : null,
    enqueued: 0,
    sendMs: isSent ? timings.totalMs : null,
    outcome: outcome?.outcome ?? null,
    isRetry: verdict.kind === "retry" && written !== "lost",
    latencyMs: outcome?.outcome === "delivered" ? outcome.endedAt - dueAt : null,
  };
}

function toStatus(finding: Finding): number | null {
  return finding.kind === "reply" ? finding.status : null;
}
