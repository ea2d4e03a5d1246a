// Writes down what an attempt came to: the outcome and counters in Redis first, then metrics and one log line with all the
// facts. Called before the lane is told, so that no crash can hide an attempt that reached its destination.

import type { Ledger, Written } from "@postrider/redis/scripts/record";
import { toLaneLabel } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import type { Attempted, Claimed, Finding } from "../attempt.ts";
import type { Metrics } from "./metrics.ts";

export interface Records {
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

/**
 * Records an attempt. Safe to repeat: the first outcome of a delivery stands, and only that one is counted.
 * @returns `lost` when the claim was another worker's by then, so that nothing was written.
 */
export async function record(claimed: Claimed, attempted: Attempted, records: Records): Promise<Written> {
  const { metrics, log } = records;
  const lane = toLaneLabel(claimed.lane);
  countAttempt(attempted, metrics);
  const written = await write(claimed, attempted, records);
  if (written === "lost") metrics.repeated(lane, "lost");
  writeLine(claimed, attempted, written, log);
  return written;
}

/** Tells of an attempt whose delivery another worker has ended meanwhile: nothing is left to write to. */
export function recordLost(claimed: Claimed, attempted: Attempted, { metrics, log }: Records): void {
  countAttempt(attempted, metrics);
  metrics.repeated(toLaneLabel(claimed.lane), "lost");
  writeLine(claimed, attempted, "lost", log);
}

async function write(
  claimed: Claimed,
  { verdict, finding }: Attempted,
  { ledger, metrics, now }: Records,
): Promise<Written> {
  const lane = toLaneLabel(claimed.lane);
  if (verdict.kind === "retry") {
    metrics.retried(lane, verdict.reason);
    return claimed.delivery.run === undefined ? "written" : ledger.retry(claimed);
  }
  if (verdict.kind !== "ended") return "written";
  const endedAt = now();
  const { outcome, reason } = verdict;
  const status = toStatus(finding);
  const written = await ledger.end(claimed, { outcome, reason, status, attempts: claimed.attempt, endedAt });
  if (written === "written") {
    metrics.ended(lane, outcome, reason);
    if (outcome === "delivered") metrics.latency((endedAt - claimed.dueAt) / 1_000);
  } else if (written === "stands") {
    metrics.repeated(lane, "ended");
  }
  return written;
}

function countAttempt({ finding, timings }: Attempted, metrics: Metrics): void {
  if (finding.kind === "reply") metrics.replied(finding.status);
  else if (finding.kind === "fault") metrics.faulted(finding.code);
  else return;
  metrics.attempted(timings.totalMs / 1_000);
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
