// A run's parts in several shards, as one run. Pure.

import type { RunState } from "@postrider/redis/run-state";
import { addFields } from "@postrider/shared/sums";
import type { Run } from "./run.ts";
import { isOver } from "./run-end.ts";

const COUNTERS = [
  "enqueued",
  "delivered",
  "failed",
  "expired",
  "cancelled",
  "waiting",
  "inFlight",
  "retries",
] as const;

/** @param isPartial whether a shard is missing: then nobody knows whether all is done. */
export function addRuns(parts: readonly Run[], isPartial: boolean): Run | null {
  const [first, ...others] = parts;
  if (first === undefined) return null;
  const sum = others.reduce(addTwo, first);
  const whole = isPartial ? { ...sum, completedAt: null } : sum;
  return { ...whole, state: toState(parts, isOver(whole)), ...toEstimate(parts, sum) };
}

function addTwo(one: Run, other: Run): Run {
  return {
    ...one,
    createdAt: Math.min(one.createdAt, other.createdAt),
    closedAt: latest(one.closedAt, other.closedAt),
    completedAt: latest(one.completedAt, other.completedAt),
    ...addFields(COUNTERS, one, other),
    imbalance: addFields(["lost", "surplus"], one.imbalance, other.imbalance),
    failedByReason: addByName(one.failedByReason, other.failedByReason),
  };
}

/** Null: not in all of them yet. */
function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other);
}

function addByName(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** A part that has nothing left by itself is not the end of the run. */
function toState(parts: readonly Run[], isAllOver: boolean): RunState {
  const has = (state: RunState): boolean => parts.some((part) => part.state === state);
  // One of which a part goes on, as after a cancel that was killed, is not.
  if (parts.every(({ state }) => state === "cancelled")) return "cancelled";
  if (isAllOver) return "completed";
  if (has("paused")) return "paused";
  return has("held") ? "held" : "running";
}

function toEstimate(
  parts: readonly Run[],
  { waiting, inFlight }: Run,
): Pick<Run, "endedPerSecond" | "endsAt"> {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0)
    return { endedPerSecond: only.endedPerSecond, endsAt: only.endsAt };
  const rates = parts.flatMap(({ endedPerSecond }) => endedPerSecond ?? []);
  const left = waiting + inFlight;
  if (rates.length === 0 || left === 0) return { endedPerSecond: null, endsAt: null };
  const endedPerSecond = Math.round(rates.reduce((sum, rate) => sum + rate, 0) * 100) / 100;
  const endsAt = endedPerSecond > 0 ? Math.round(Date.now() + (left * 1_000) / endedPerSecond) : null;
  return { endedPerSecond, endsAt };
}
