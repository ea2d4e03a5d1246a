// Writes down what an attempt came to: evidence, outcome and counters in Redis, all in one step, then metrics
// and one log line with all the facts. Called before the lane is told, so that no crash can hide an attempt
// that reached its destination.

import type { Ledger } from "@postrider/redis/ledger";
import type { Happened, RollUps } from "@postrider/redis/roll-ups";
import type { Written } from "@postrider/redis/scripts/record-attempt";
import type { AttemptRecord } from "@postrider/shared/attempt-record";
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
import type { Metrics } from "./metrics.ts";

export interface Records {
  readonly ledger: Ledger;
  readonly sealer: Sealer;
  readonly metrics: Metrics;
  /** What charts are made of. */
  readonly rollUps: RollUps;
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
  { crashes }: Past,
  attempted: Attempted,
  records: Records,
): Promise<Left> {
  const { finding, verdict } = attempted;
  if (isNoAttempt(finding)) return toLeft(verdict);
  const { ledger, metrics, log } = records;
  try {
    const written = await write(claimed, attempted, records);
    // BullMQ's count of crashes goes with the job of a delivery that ends.
    if (written !== "lost" && crashes > 0 && verdict.kind !== "ended") await ledger.forgetCrashes(claimed);
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

async function write(claimed: Claimed, attempted: Attempted, records: Records): Promise<Written> {
  const { verdict } = attempted;
  const { ledger, metrics, log } = records;
  const lane = toLaneLabel(claimed.lane);
  countAttempt(claimed, attempted, metrics);
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
  else if (outcome !== null) {
    metrics.ended(lane, outcome.outcome, outcome.reason);
    if (outcome.outcome === "delivered") metrics.latency((outcome.endedAt - claimed.dueAt) / 1_000, trace);
  }
  if (written !== "lost" && verdict.kind === "retry") metrics.retried(lane, verdict.reason);
  records.rollUps.add(toHappened(claimed, attempted, written === "written" ? outcome : null, written));
  writeLine(claimed, attempted, written, log);
  return written;
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
  if (outcomesKept === 0) return null;
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
  const evidence: AttemptRecord = { attempt: claimed.attempt, at, destination, finding, verdict, timings };
  return packEvidence(evidence, claimed, sealer);
}

function countAttempt({ trace }: Claimed, { finding, timings }: Attempted, metrics: Metrics): void {
  if (finding.kind === "reply") metrics.replied(finding.status);
  else if (finding.kind === "fault") metrics.faulted(finding.code);
  else return;
  metrics.attempted(timings.totalMs / 1_000, trace);
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

/** The canonical line. `destination` is the origin only: paths and queries carry customers' data. */
function writeLine(
  claimed: Claimed,
  { finding, verdict, timings, destination }: Attempted,
  written: Written,
  log: Logger,
): void {
  const line = {
    deliveryId: claimed.id,
    lane: claimed.lane,
    run: claimed.delivery.run,
    action: claimed.delivery.action,
    destination,
    attempt: claimed.attempt,
    status: toStatus(finding),
    verdict: toShownVerdict(verdict, written),
    reason: "reason" in verdict ? verdict.reason : undefined,
    detail: toDetail(finding),
    waitedMs: claimed.claimedAt - claimed.dueAt,
    composeMs: round(timings.composeMs),
    sendMs: round(timings.totalMs),
    delayMs: verdict.kind === "retry" ? verdict.delayMs : undefined,
    traceId: claimed.trace?.traceId,
  };
  if (finding.kind === "broken" || finding.kind === "unready") log.error(line, "attempt");
  else log.info(line, "attempt");
}

function toShownVerdict(verdict: Attempted["verdict"], written: Written): string {
  if (written === "lost") return "lost";
  return verdict.kind === "ended" ? verdict.outcome : verdict.kind;
}

function toDetail(finding: Finding): string | undefined {
  if ("message" in finding) return finding.message;
  if (finding.kind === "reply") return finding.judged?.message ?? finding.trouble;
  if (finding.kind === "unsendable")
    return finding.problems.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return undefined;
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
