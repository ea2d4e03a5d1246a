// How long a whole destination is left alone because its refusals ask for it. Pure.

import { type Tally, total } from "./counts.ts";

/** One refusal may be about one customer or one account; so many in a row, and nothing accepted between them, are about everybody. */
const REFUSALS_MIN = 5;
/** A shorter wait is that of a window of a second or so; its deliveries come back by themselves, and a pace is learned. */
const ASKED_MS_MIN = 2_000;
/** Each refusal of the same second names a slightly different end. */
const CHANGE_MS_MIN = 1_000;

/**
 * @param restsUntil Unix ms; undefined: nothing holds it.
 * @param askedUntil what refusals that nobody has judged yet ask for.
 * @param restMsMax however long they ask for: one refusal then tells whether it still means it.
 * @returns the same number where nothing changes.
 */
export function judgeRest(
  restsUntil: number | undefined,
  askedUntil: number | null,
  tally: Tally,
  now: number,
  restMsMax: number,
): number | undefined {
  if (askedUntil === null || askedUntil - now < ASKED_MS_MIN) return restsUntil;
  if (refusedInARow(tally) < REFUSALS_MIN) return restsUntil;
  const until = Math.min(askedUntil, now + restMsMax);
  return restsUntil !== undefined && until - restsUntil < CHANGE_MS_MIN ? restsUntil : until;
}

/** 429s since the last second in which it accepted any. */
function refusedInARow(tally: Tally): number {
  const accepted = [...tally].filter(([, met]) => met.accepted > 0).map(([second]) => second);
  return total(tally, (Math.max(0, ...accepted) + 1) * 1_000).limited;
}
