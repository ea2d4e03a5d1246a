// Mass work in small steps: at a limited rate, until it is told to stop, and to be gone on with later. What
// was done by then stays.

import { setTimeout } from "node:timers/promises";
import { PostriderError } from "@postrider/shared/errors";

export interface WorkOptions<Progress> {
  /** Told after each step; the last time with the result. */
  readonly onProgress?: ((progress: Progress, place: Place) => void) | undefined;
  /**
   * Asked before each step, once its time has come: it may wait, and what it throws ends the work.
   * @param items how many the step takes up.
   */
  readonly beforeStep?: ((items: number) => Promise<void>) | undefined;
  /** With a filter: goes on behind the place to which an earlier call came. */
  readonly after?: string | undefined;
  /** Stops between two steps. */
  readonly signal?: AbortSignal | undefined;
}

/** How far a selection is worked through. */
export interface Place {
  /** For a later call that goes on; null for ids, which may as well be given again. */
  readonly after: string | null;
  /** How many were looked at, by this call. */
  readonly looked: number;
}

/** One step: some 50 hold Redis for some milliseconds at most. */
const STEP = 50;
/** So much of a second's worth in one step, so that a low rate does not come in bursts. */
const STEPS_PER_SECOND = 10;

/** How many one step takes up at most. @param ratePerSecond Infinity: as fast as it goes. */
export function toStepSize(ratePerSecond: number): number {
  return Math.max(1, Math.min(STEP, Math.floor(ratePerSecond / STEPS_PER_SECOND)));
}

export interface Pace extends Pick<WorkOptions<never>, "beforeStep" | "signal"> {
  readonly ratePerSecond: number;
  /** What the error says where it is stopped. */
  readonly stopped: string;
}

export interface Pacer {
  /**
   * Resolves when the time of a step has come. @param items how many it takes up. @throws `aborted`, and
   * what `beforeStep` throws.
   */
  untilDue(items: number): Promise<void>;
}

export function createPacer({ ratePerSecond, signal, beforeStep, stopped }: Pace): Pacer {
  let nextAt = performance.now();
  return {
    async untilDue(items) {
      throwIfAborted(signal, stopped);
      const ms = nextAt - performance.now();
      if (ms > 0) await setTimeout(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined);
      throwIfAborted(signal, stopped);
      await beforeStep?.(items);
      nextAt = Math.max(nextAt, performance.now()) + (items * 1_000) / ratePerSecond;
    },
  };
}

/** @throws `aborted`. */
export function throwIfAborted(signal: AbortSignal | undefined, stopped: string): void {
  if (signal?.aborted === true) throw new PostriderError("aborted", stopped, { cause: signal.reason });
}
