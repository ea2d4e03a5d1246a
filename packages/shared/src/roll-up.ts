// Roll-ups: what is counted by the minute and the hour, and by what it can be told apart. Closed lists that
// workers, producers and interfaces share.

import { OUTCOMES } from "./outcome.ts";

/** What is counted. */
export const COUNTED = ["enqueued", "attempts", ...OUTCOMES, "retries"] as const;
export type Counted = (typeof COUNTED)[number];

/** What is measured, in ms: an attempt's HTTP exchange; enqueue, or due time, to a delivered outcome. */
export const TIMED = ["send", "latency"] as const;
export type Timed = (typeof TIMED)[number];

/** Upper bounds in ms of a time's buckets; the last bucket has none. */
export const TIME_BUCKETS: Readonly<Record<Timed, readonly number[]>> = {
  send: [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000],
  latency: [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000, 60_000, 300_000, 1_800_000, 7_200_000, 43_200_000,
    172_800_000,
  ],
};

/** How a time is summed up: the quantiles are as exact as the buckets are narrow. */
export const TIME_SUMMARIES = ["mean", "p50", "p95", "p99"] as const;
export type TimeSummary = (typeof TIME_SUMMARIES)[number];
export type TimeMeasure = `${Timed}_${TimeSummary}`;

/** What series can be asked for; `ended` is the sum of the outcomes. */
export type Measure = Counted | "ended" | TimeMeasure;

const TIME_MEASURES = TIMED.flatMap((timed) =>
  TIME_SUMMARIES.map((summary) => `${timed}_${summary}` as const),
);
export const MEASURES: readonly [Measure, ...Measure[]] = ["ended", ...COUNTED, ...TIME_MEASURES];

/**
 * By what it is told apart. `lane` tells own lanes by their kind alone; `reason` counts ends and retries;
 * what is enqueued has no destination yet.
 */
export const ROLL_UP_DIMENSIONS = ["total", "action", "destination", "reason", "lane", "run"] as const;
export type RollUpDimension = (typeof ROLL_UP_DIMENSIONS)[number];

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** How much of the time a point of a series stands for, and how long that is. */
export const SERIES_STEPS = {
  "1m": MINUTE_MS,
  "5m": 5 * MINUTE_MS,
  "15m": 15 * MINUTE_MS,
  "1h": HOUR_MS,
  "6h": 6 * HOUR_MS,
  "1d": 24 * HOUR_MS,
} as const;
export type SeriesStep = keyof typeof SERIES_STEPS;
export const SERIES_STEP_NAMES = Object.keys(SERIES_STEPS) as readonly SeriesStep[];
