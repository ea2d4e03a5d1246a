// How long a retry waits. Pure.

import type { RetryPolicy } from "@postrider/shared/retry";

/** Gives a double in [0, 1), evenly distributed. */
export type Random = () => number;

/**
 * The jitter of a wait that the policy spells out: enough to part what would come together, and still the
 * wait that was asked for.
 */
const SPELLED_SPREAD = 0.2;

/**
 * Exponential backoff with full jitter: the n-th wait is random in [0, min(maxMs, baseMs · factor^(n-1))]. A
 * wait that the policy spells out is random within a fifth of it. Source: "Exponential Backoff And Jitter",
 * AWS Architecture Blog, 2015.
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: Random): number {
  const { delaysMs } = policy;
  const spelled = delaysMs?.[Math.min(attempt, delaysMs.length) - 1];
  if (spelled !== undefined) return Math.round(spelled * (1 + SPELLED_SPREAD * (2 * random() - 1)));
  // The power outgrows all numbers, and nothing times infinity is no number.
  const grown = Math.min(Number.MAX_VALUE, policy.factor ** (attempt - 1));
  const ceiling = Math.min(policy.maxMs, policy.baseMs * grown);
  return Math.round(random() * ceiling);
}
