// How long a whole destination is left alone because its refusals ask for it. Pure.

import { type CountsBySecond, total } from "./counts-by-second.ts";

/**
 * One refusal may be about one customer or one account; this many in a row, with nothing accepted between
 * them, are about everybody.
 */
const REFUSALS_MIN = 5;
/**
 * A shorter wait is that of a window of a second or so; its deliveries come back by themselves, and an
 * adaptive rate is learned.
 */
const ASKED_MS_MIN = 2_000;
/** Each refusal of the same second names a slightly different end. */
const CHANGE_MS_MIN = 1_000;

/**
 * @param coolsUntil Unix ms; undefined: nothing holds it.
 * @param askedUntil what refusals that nobody has looked at yet ask for.
 * @param coolMsMax however long they ask for: one refusal then tells whether it still means it.
 * @returns the same number where nothing changes.
 */
export function nextCooldown(
  coolsUntil: number | undefined,
  askedUntil: number | null,
  counts: CountsBySecond,
  now: number,
  coolMsMax: number,
): number | undefined {
  if (askedUntil === null || askedUntil - now < ASKED_MS_MIN) return coolsUntil;
  if (refusedInARow(counts) < REFUSALS_MIN) return coolsUntil;
  const until = Math.min(askedUntil, now + coolMsMax);
  return coolsUntil !== undefined && until - coolsUntil < CHANGE_MS_MIN ? coolsUntil : until;
}

/** 429s since the last second in which it accepted any. */
function refusedInARow(counts: CountsBySecond): number {
  const accepted = [...counts].filter(([, met]) => met.accepted > 0).map(([second]) => second);
  return total(counts, (Math.max(0, ...accepted) + 1) * 1_000).limited;
}
