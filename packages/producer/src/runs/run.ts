// A run, as it is shown.

import type { RunState } from "@postrider/redis/run-state";
import type { RunCounters, RunEstimate } from "./run-counters.ts";

export interface Run extends RunCounters, RunEstimate {
  readonly run: string;
  readonly state: RunState;
  /** `id@version`. */
  readonly action: string;
  readonly lane: string;
  /** Unix ms. */
  readonly createdAt: number;
  /** Unix ms since when no more is to come; null while more may. */
  readonly closedAt: number | null;
  /** Unix ms when it was closed and had nothing left for the first time; null before. */
  readonly completedAt: number | null;
  /** Failed deliveries by reason. */
  readonly failedByReason: Readonly<Record<string, number>>;
}
