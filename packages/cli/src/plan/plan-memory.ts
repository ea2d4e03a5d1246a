// What a load leaves in Redis: what waits, what waits to be tried again, and what is remembered of what has
// ended. Pure.

import { RETRY_PRESETS } from "@postrider/shared/retry";
import { type PlanCosts, readCurve } from "./plan-costs.ts";
import type { PlannedLoad, PlannedSettings } from "./planned-load.ts";

/** Of one shard, in bytes. */
export interface RedisMemory {
  /** The backlog. */
  readonly waiting: number;
  /** What has failed and is tried again later. */
  readonly retries: number;
  /** Marks of what has ended, by which it is known again. */
  readonly ended: number;
  /** What is kept for those who read outcomes or ask for a customer. */
  readonly outcomes: number;
  readonly sum: number;
  /** What to give it: the sum, and as much again as Redis needs while it rewrites its file. */
  readonly maxMemory: number;
}

/** Redis needs up to as much again while its file is rewritten and everything changes meanwhile. */
const MEMORY_SPARE = 1.5;
const EMPTY_BYTES = 10_000_000;
const DAY_MS = 86_400_000;

export function planMemory(
  load: PlannedLoad,
  { idempotencyWindowMs, outcomesKept }: Pick<PlannedSettings, "idempotencyWindowMs" | "outcomesKept">,
  costs: PlanCosts,
  shards: number,
): RedisMemory {
  const perDelivery = readCurve(costs.waitingBytes, load.payloadBytes);
  const endedKept = Math.min(
    (load.ratePerSecond * idempotencyWindowMs) / 1_000,
    load.perDay * Math.max(1, idempotencyWindowMs / DAY_MS),
  );
  const waiting = (load.backlog * perDelivery) / shards;
  const retries = (toWaitingRetries(load) * perDelivery) / shards;
  const ended = (endedKept * costs.endedBytes) / shards;
  const outcomes = Math.min(outcomesKept, endedKept / shards) * costs.outcomeBytes;
  const sum = waiting + retries + ended + outcomes;
  return { waiting, retries, ended, outcomes, sum, maxMemory: EMPTY_BYTES + MEMORY_SPARE * sum };
}

/** How many wait to be tried again: those that fail the n-th time, for as long as they then wait. */
function toWaitingRetries({ ratePerSecond, failures }: PlannedLoad): number {
  const { attempts, baseMs, factor, maxMs } = RETRY_PRESETS.campaign;
  let waiting = 0;
  for (let failed = 1; failed < attempts; failed++) {
    // Full jitter halves each wait on average.
    const waitMs = Math.min(maxMs, baseMs * factor ** (failed - 1)) / 2;
    waiting += (ratePerSecond * failures ** failed * waitMs) / 1_000;
  }
  return waiting;
}
