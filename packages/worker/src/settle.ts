// The verdict becomes BullMQ's move. The only file that knows BullMQ's special errors.

import { unreachable } from "@postrider/shared/outcome";
import { DelayedError, type Job, UnrecoverableError, WaitingError } from "bullmq";
import type { Verdict } from "./attempt.ts";

/** Asks BullMQ for another attempt after a wait that decide has chosen. */
export class RetryLater extends Error {
  readonly delayMs: number;

  constructor(reason: string, delayMs: number) {
    super(reason);
    this.name = "RetryLater";
    this.delayMs = delayMs;
  }
}

/** Of an error that no step turned into a verdict, as when Redis failed half-way. */
const UNEXPECTED_DELAY_MS = 10_000;

/** BullMQ's backoff strategy: the wait was chosen by decide and travels in the error. */
export function backoffStrategy(
  _attemptsMade: number,
  _type: string | undefined,
  error: Error | undefined,
): number {
  // BullMQ takes 0 for "at once, at the head of the lane"; 1 keeps a retry behind what waits.
  return error instanceof RetryLater ? Math.max(1, error.delayMs) : UNEXPECTED_DELAY_MS;
}

/**
 * Carries a verdict out. What it throws is for BullMQ.
 * @returns when the job is complete; otherwise throws one of BullMQ's errors or RetryLater.
 */
export async function settle(job: Job, token: string, verdict: Verdict, now: number): Promise<void> {
  switch (verdict.kind) {
    case "ended":
      if (verdict.outcome === "failed") throw withoutStack(new UnrecoverableError(verdict.reason));
      return;
    case "retry":
      if (verdict.costsAttempt) throw withoutStack(new RetryLater(verdict.reason, verdict.delayMs));
      await job.moveToDelayed(now + verdict.delayMs, token);
      throw new DelayedError();
    case "handed-back":
      await job.moveToWait(token);
      throw new WaitingError();
    default:
      return unreachable(verdict);
  }
}

/** BullMQ stores the stack with the job; ours would say the same for all of a million dead letters. */
function withoutStack<E extends Error>(error: E): E {
  error.stack = "";
  return error;
}
