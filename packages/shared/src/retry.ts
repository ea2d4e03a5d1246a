// Retry policies: the presets and their bounds. Pure data; decide/ turns them into waits.

import { z } from "zod";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** The n-th wait is random in [0, min(maxMs, baseMs · factor^(n-1))]: full jitter. */
  readonly baseMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** No attempt but the first starts when the delivery has been due for longer. */
  readonly maxAgeMs: number;
  /**
   * The waits one by one, each give or take a fifth, instead of the above; the last one is for all that
   * follow.
   */
  readonly delaysMs?: readonly number[] | undefined;
  /** Statuses that are retried besides those that always are. */
  readonly statuses: readonly number[];
}

/** Full jitter halves each wait on average: the spans named here are such averages. */
export const RETRY_PRESETS = {
  /** 12 attempts in about an hour, as campaign tools do. */
  campaign: {
    attempts: 12,
    baseMs: 5_000,
    factor: 2,
    maxMs: 40 * MINUTE_MS,
    maxAgeMs: 24 * HOUR_MS,
    statuses: [],
  },
  /** 5 attempts in about half an hour. */
  quick: {
    attempts: 5,
    baseMs: 4 * MINUTE_MS,
    factor: 2,
    maxMs: 32 * MINUTE_MS,
    maxAgeMs: 2 * HOUR_MS,
    statuses: [],
  },
  /** 17 attempts in about a day. */
  day: { attempts: 17, baseMs: 10_000, factor: 2, maxMs: 9 * HOUR_MS, maxAgeMs: 48 * HOUR_MS, statuses: [] },
  /** 10 attempts in about 75 hours, as the Standard Webhooks specification suggests. */
  "standard-webhooks": {
    attempts: 10,
    baseMs: 5_000,
    factor: 1,
    maxMs: 24 * HOUR_MS,
    maxAgeMs: 120 * HOUR_MS,
    delaysMs: [
      5_000,
      5 * MINUTE_MS,
      30 * MINUTE_MS,
      2 * HOUR_MS,
      5 * HOUR_MS,
      10 * HOUR_MS,
      14 * HOUR_MS,
      20 * HOUR_MS,
      24 * HOUR_MS,
    ],
    statuses: [],
  },
} as const satisfies Record<string, RetryPolicy>;

export type RetryPreset = keyof typeof RETRY_PRESETS;
const presetNames = Object.keys(RETRY_PRESETS) as [RetryPreset, ...RetryPreset[]];

const ownPolicy = z.strictObject({
  attempts: z.int().min(1).max(100).default(RETRY_PRESETS.campaign.attempts),
  baseMs: z.int().min(0).max(HOUR_MS).default(RETRY_PRESETS.campaign.baseMs),
  factor: z.number().min(1).max(10).default(RETRY_PRESETS.campaign.factor),
  maxMs: z
    .int()
    .min(0)
    .max(24 * HOUR_MS)
    .default(RETRY_PRESETS.campaign.maxMs),
  maxAgeMs: z
    .int()
    .min(0)
    .max(30 * 24 * HOUR_MS)
    .default(RETRY_PRESETS.campaign.maxAgeMs),
  delaysMs: z
    .array(
      z
        .int()
        .min(0)
        .max(7 * 24 * HOUR_MS),
    )
    .min(1)
    .max(100)
    .optional(),
  statuses: z.array(z.int().min(300).max(599)).max(100).default([]),
});

export const retrySchema = z.union([z.enum(presetNames), ownPolicy], {
  error: `must be one of ${presetNames.join(", ")}, or {attempts, baseMs, factor, maxMs, maxAgeMs, delaysMs, statuses}`,
});

/** The policy that an action's `retry` field names or spells out. */
export function toRetryPolicy(retry: z.output<typeof retrySchema>): RetryPolicy {
  return typeof retry === "string" ? RETRY_PRESETS[retry] : retry;
}
