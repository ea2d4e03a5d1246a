// What is left to do becomes BullMQ's move. The only file that knows BullMQ's special errors.

import type { Bury } from "@postrider/redis/scripts/bury";
import type { Move } from "@postrider/redis/scripts/move";
import { homeOf } from "@postrider/shared/delivery";
import { toLaneLabel } from "@postrider/shared/lanes";
import { unreachable } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import { DelayedError, type Job, WaitingError } from "bullmq";
import type { Claimed, Left } from "./attempt.ts";
import { UNEXPECTED_RETRY_MS } from "./decide/decide.ts";
import type { Metrics } from "./record/metrics.ts";

/** Asks BullMQ for another attempt after a wait that decide has chosen. */
export class RetryLater extends Error {
  readonly delayMs: number;

  constructor(reason: string, delayMs: number) {
    super(reason);
    this.name = "RetryLater";
    this.delayMs = delayMs;
  }
}

/** BullMQ's backoff strategy: the wait was chosen by decide and travels in the error. */
export function backoffStrategy(
  _attemptsMade: number,
  _type: string | undefined,
  error: Error | undefined,
): number {
  // BullMQ takes 0 for "at once, at the head of the lane"; 1 keeps a retry behind what waits.
  return error instanceof RetryLater ? Math.max(1, error.delayMs) : UNEXPECTED_RETRY_MS;
}

/** Whether an error is one by which a verdict was carried out, not a failure to do so. */
export function isSettled(error: unknown): boolean {
  return error instanceof RetryLater || error instanceof DelayedError || error instanceof WaitingError;
}

export interface Settling {
  readonly move: Move;
  readonly bury: Bury;
  readonly metrics: Metrics;
  readonly now: number;
}

/**
 * Carries out what record has left to do. What it throws is for BullMQ.
 * @returns when the job is complete; otherwise throws one of BullMQ's errors or RetryLater.
 */
export async function settle(job: Job, claimed: Claimed, left: Left, settling: Settling): Promise<void> {
  const { now } = settling;
  switch (left.kind) {
    case "complete":
      return;
    case "gone":
      throw GONE;
    case "bury":
      await bury(claimed, left.reason, settling);
      throw GONE;
    case "moved":
      await moveTo(claimed, left.lane, settling);
      throw GONE;
    case "retry":
      await noteBegun(job, claimed);
      if (left.costsAttempt) throw withoutStack(new RetryLater(left.reason, left.delayMs));
      await job.moveToDelayed(now + left.delayMs, claimed.token);
      throw new DelayedError();
    case "handed-back":
      await job.moveToWait(claimed.token);
      settling.metrics.handedBack(toLaneLabel(claimed.lane));
      throw GONE;
    default:
      return unreachable(left);
  }
}

/** For the attempts to come, which could not tell that the first one was late. */
async function noteBegun(job: Job, { delivery, dueAt, agesFrom }: Claimed): Promise<void> {
  if (agesFrom === dueAt || delivery.begunAt !== undefined) return;
  await job.updateData({ ...delivery, begunAt: agesFrom });
}

/**
 * BullMQ's word for "not here any more, claim the next one". One for all: a stack for each delivery would
 * cost more than the move.
 */
const GONE = new WaitingError();

/** The dead letter lies in the delivery's home lane. */
async function bury(
  claimed: Claimed,
  reason: string,
  { bury: buryNow, metrics, now }: Settling,
): Promise<void> {
  const home = homeOf(claimed.delivery);
  const dropped = await buryNow(claimed, { home, reason, now });
  if (dropped !== null && dropped > 0) metrics.deadLettersDropped(home, dropped);
}

async function moveTo(claimed: Claimed, lane: OwnLane, { move, metrics }: Settling): Promise<void> {
  if (await move(claimed, lane)) metrics.moved(toLaneLabel(claimed.lane), lane.kind);
}

/** BullMQ stores the stack with the job; ours would say the same for all of a million retries. */
function withoutStack<E extends Error>(error: E): E {
  error.stack = "";
  return error;
}
