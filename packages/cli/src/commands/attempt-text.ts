// One attempt in one line, for people.

import type { AttemptRecord } from "@postrider/shared/attempt-record";
import { describeDuration, describeTime, toVisible } from "../readable.ts";

/** `2026-11-24T21:00:00Z  attempt 2 to https://…: 503 in 120 ms → retry in 3.2 s (reply_5xx)`. */
export function describeAttempt({
  attempt,
  at,
  destination,
  finding,
  verdict,
  timings,
}: AttemptRecord): string {
  const to = destination === null ? "" : ` to ${destination}`;
  const took = finding.kind === "unsendable" ? "" : ` in ${describeDuration(timings.totalMs)}`;
  const wait = verdict.delayMs === undefined ? "" : ` in ${describeDuration(verdict.delayMs)}`;
  const reason = verdict.reason === undefined ? "" : ` (${verdict.reason})`;
  const met = toVisible(describeFinding(finding));
  return `${describeTime(at)}  attempt ${attempt}${to}: ${met}${took} → ${verdict.outcome ?? verdict.kind}${wait}${reason}`;
}

function describeFinding(finding: AttemptRecord["finding"]): string {
  const { kind, status, trouble, judged, code, message, problems = [] } = finding;
  if (judged !== undefined) return `${status}, judged as ${judged.as}: ${judged.message}`;
  if (status !== undefined)
    return trouble === undefined ? String(status) : `${status} (cut short: ${trouble})`;
  if (code !== undefined) return `${code}, ${message ?? ""}`;
  const [problem] = problems;
  return problem === undefined ? (message ?? kind) : `not sent, ${problem.field}: ${problem.message}`;
}
