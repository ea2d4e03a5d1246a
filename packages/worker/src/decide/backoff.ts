// How long a retry waits. Pure.

import type { RetryPolicy } from "@postrider/shared/retry";

/** Gives a double in [0, 1), evenly distributed. */
export type Random = () => number;

/**
 * Exponential backoff with full jitter: the n-th wait is random in [0, min(maxMs, baseMs · factor^(n-1))].
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: Random): number {
  const ceiling = Math.min(policy.maxMs, policy.baseMs * policy.factor ** (attempt - 1));
  return Math.round(random() * ceiling);
}
