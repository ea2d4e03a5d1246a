// Writes down what an attempt came to: the outcome and counters in Redis first, then metrics and one log line with all the
// facts. Called before the lane is told, so that no crash can hide an attempt that reached its destination.

import type { Logger } from "@postrider/shared/log";
import type { Attempted, Claimed, Finding } from "../attempt.ts";
import type { Ledger } from "./ledger.ts";
import type { Metrics } from "./metrics.ts";

export interface Records {
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

/** Records an attempt. Safe to repeat: the first outcome of a delivery stands, and only that one is counted. */
export async function record(
  claimed: Claimed,
  attempted: Attempted,
  { ledger, metrics, log, now }: Records,
): Promise<void> {
  const { verdict, finding } = attempted;
  const { id, lane, delivery } = claimed;
  countAttempt(attempted, metrics);
  if (verdict.kind === "ended") {
    const endedAt = now();
    const { outcome, reason } = verdict;
    const isFirst = await ledger.end(id, delivery.run, {
      outcome,
      reason,
      status: toStatus(finding),
      attempts: claimed.attempt,
      endedAt,
    });
    if (isFirst) {
      metrics.ended(lane, outcome, reason);
      if (outcome === "delivered") metrics.latency((endedAt - claimed.dueAt) / 1_000);
    } else {
      metrics.repeated(lane, "ended");
    }
  } else if (verdict.kind === "retry") {
    metrics.retried(lane, verdict.reason);
    if (delivery.run !== undefined) await ledger.retry(id, delivery.run);
  }
  writeLine(claimed, attempted, log);
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
    verdict: verdict.kind === "ended" ? verdict.outcome : verdict.kind,
    reason: "reason" in verdict ? verdict.reason : undefined,
    detail: toDetail(finding),
    waitedMs: claimed.claimedAt - claimed.dueAt,
    composeMs: round(timings.composeMs),
    sendMs: round(timings.totalMs),
    delayMs: verdict.kind === "retry" ? verdict.delayMs : undefined,
  };
  if (finding.kind === "broken") log.error(line, "attempt");
  else log.info(line, "attempt");
}

function toDetail(finding: Finding): string | undefined {
  if (finding.kind === "fault" || finding.kind === "broken" || finding.kind === "cancelled")
    return finding.message;
  if (finding.kind === "unsendable")
    return finding.problems.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return undefined;
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
