// The canonical line of each attempt, with all the facts. Of attempts that delivered only so many a second
// are told, and how many were left out; all others are told always. docs/logs.md lists the fields.

import type { Written } from "@postrider/redis/scripts/record-attempt";
import type { Problem } from "@postrider/shared/errors";
import type { Logger } from "@postrider/shared/log";
import type { Reason } from "@postrider/shared/outcome";
import { type Attempted, type Claimed, type Finding, toVerdictWord } from "../attempt.ts";

/** How often it is told how many lines were left out. */
const TELL_MS = 10_000;
const WINDOW_MS = 1_000;

export interface AttemptLog {
  /** @param at Unix ms. */
  write(claimed: Claimed, attempted: Attempted, written: Written, at: number): void;
  /** Tells what was left out since it was told last. */
  close(): void;
}

export interface AttemptLogOptions {
  readonly log: Logger;
  /** Lines of attempts that delivered, per second. */
  readonly logAttemptsPerSecond: number;
  readonly metrics: { linesLeftOut(count: number): void };
}

export function createAttemptLog({ log, logAttemptsPerSecond, metrics }: AttemptLogOptions): AttemptLog {
  let windowBegan = 0;
  let written = 0;
  let leftOut = 0;
  /** Whether the line is one too many; counts it either way. */
  const isTooMany = (at: number): boolean => {
    if (at - windowBegan >= WINDOW_MS || at < windowBegan) {
      windowBegan = at;
      written = 0;
    }
    written += 1;
    if (written <= logAttemptsPerSecond) return false;
    leftOut += 1;
    metrics.linesLeftOut(1);
    return true;
  };
  const tell = (): void => {
    if (leftOut > 0) log.info({ leftOut }, "attempts left out");
    leftOut = 0;
  };
  const telling = setInterval(tell, TELL_MS).unref();
  return {
    write(claimed, attempted, outcome, at) {
      if (isDelivered(attempted, outcome) && isTooMany(at)) return;
      writeLine(claimed, attempted, outcome, log);
    },
    close() {
      clearInterval(telling);
      tell();
    },
  };
}

function isDelivered({ verdict }: Attempted, written: Written): boolean {
  return verdict.kind === "ended" && verdict.outcome === "delivered" && written === "written";
}

/** `destination` is the origin only: paths and queries carry customers' data. */
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
    status: finding.kind === "reply" ? finding.status : null,
    verdict: toVerdictWord(verdict, written),
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

/** Places and codes: messages of problems and of a broken rule of success repeat what data or answer hold. */
function toDetail(finding: Finding): string | undefined {
  if ("message" in finding) return finding.message;
  if (finding.kind === "reply")
    return finding.judged === undefined
      ? finding.trouble
      : `the action's rule of success does not hold; it counts as ${finding.judged.as}`;
  if (finding.kind === "unsendable")
    return finding.problems.map((problem) => toPlace(problem, finding.reason)).join("; ");
  return undefined;
}

function toPlace({ field, line, column, code }: Problem, reason: Reason): string {
  const position = line === undefined ? "" : ` (line ${line}, column ${column ?? 1})`;
  return `${field}${position}: ${code ?? reason}`;
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
