// Tries again what may go through a moment later: at once after a cut connection, later where the API asks to
// be left alone.

import { setTimeout } from "node:timers/promises";
import { ApiError } from "./api-error.ts";

export interface Patience {
  /** Tries in all. */
  readonly tries: number;
  readonly signal: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 200;
const PAUSE_MS_MAX = 10_000;
/** Whoever is asked to wait longer than this decides for himself. */
export const RETRY_AFTER_MS_MAX = 60_000;

/**
 * How long to wait before the next try; null: there is none that helps.
 * @param failures so many tries have failed by now.
 */
export function toPauseMs(error: unknown, failures: number, tries: number): number | null {
  if (!(error instanceof ApiError) || !error.isTemporary || failures >= tries) return null;
  const { retryAfterMs } = error;
  if (retryAfterMs !== null && retryAfterMs > RETRY_AFTER_MS_MAX) return null;
  const most = Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** (failures - 1));
  // Half of it by chance, so that many clients do not come again together.
  return (retryAfterMs ?? 0) + most / 2 + (Math.random() * most) / 2;
}

/** @throws what the last try threw, or what no further one would mend. */
export async function insist<T>(work: () => Promise<T>, { tries, signal }: Patience): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await work();
    } catch (error) {
      failures += 1;
      const pauseMs = toPauseMs(error, failures, tries);
      if (pauseMs === null) throw error;
      await pause(pauseMs, signal);
    }
  }
}

/** @throws the signal's reason. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await setTimeout(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  signal?.throwIfAborted();
}
