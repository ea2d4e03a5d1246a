// The end of a run: waiting until nothing is left of it.

import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, PostriderError } from "@postrider/shared/errors";
import type { Run } from "./run.ts";

export interface WaitOptions {
  /** Absent: as long as it takes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Told what the run looks like, about twice a second. */
  readonly onProgress?: (run: Run) => void;
}

const POLL_MS = 500;

/**
 * Waits until a run is over, or the time is up. What is away for a while is waited for, too.
 * @param get reads the run. @returns the run as it stands then; `isOver` tells which of the two it was.
 * @throws `run_unknown`, `aborted`.
 */
export async function waitForEnd(
  get: () => Promise<Run>,
  { timeoutMs = Number.POSITIVE_INFINITY, signal, onProgress }: WaitOptions = {},
): Promise<Run> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    if (signal?.aborted === true)
      throw new PostriderError("aborted", "waiting was stopped; the run goes on", { cause: signal.reason });
    const run = await unlessAway(get, until);
    if (run !== null) {
      onProgress?.(run);
      if (isOver(run) || Date.now() >= until) return run;
    }
    const pauseMs = Math.max(1, Math.min(POLL_MS, until - Date.now()));
    await sleep(pauseMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
}

/** Redis, or the API through which it is asked. */
const AWAY = ["redis_unavailable", "api_unreachable", "overloaded"] as const;

async function unlessAway(get: () => Promise<Run>, until: number): Promise<Run | null> {
  try {
    return await get();
  } catch (error) {
    if (Date.now() < until && AWAY.some((code) => hasCode(error, code))) return null;
    throw error;
  }
}

/** Whether a run was closed, and nothing of it waits or is in flight. */
export function isOver({
  closedAt,
  completedAt,
  waiting,
  inFlight,
}: Pick<Run, "closedAt" | "completedAt" | "waiting" | "inFlight">): boolean {
  return closedAt !== null && completedAt !== null && waiting + inFlight === 0;
}
