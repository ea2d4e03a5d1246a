// The rate at which a destination takes requests, learned from its own answers: additive increase,
// multiplicative decrease, slower near the rate at which it last refused. Pure.

import type { AdaptiveRate } from "@postrider/shared/own-lane";
import { type Counts, type CountsBySecond, total } from "./counts-by-second.ts";

/** This many 429s within the window are no accident. */
const REFUSALS_MIN = 5;
const REFUSALS_WINDOW_MS = 10_000;
/** A 429 now and then, whatever the rate, is no limit: going slower would not make it go away. */
const REFUSED_SHARE_MIN = 0.2;
const REFUSED_SHARE = 0.015;
/** What was seen to be taken is the allowance at most; a little under it is safe. */
const FIRST_SHARE = 0.95;
const SLOWER = 0.93;
/** Where nothing at all was taken. */
const MUCH_SLOWER = 0.5;
/** Where nothing at all was taken, it begins no lower than here: one refusal a second hurts nobody. */
const FIRST_MIN = 1;
/** Fewer than one in ten seconds would teach nothing for too long. */
export const ADAPTIVE_RATE_MIN = 0.1;
/** The answers to what was sent before a change say nothing about it. */
const SETTLE_MS = 2_000;
/** Near the rate of the last refusal it grows by so much of itself a second, far under it by more. */
const NEAR_GROWTH = 0.002;
const FAR_GROWTH = 0.05;
const NEAR = 0.95;
const PAST = 1.05;
/** The time that one step counts at most, however long nobody looked. */
const GROWTH_SECONDS_MAX = 5;
/** With this share refused, a destination allows far less than it did: what it takes is measured again. */
const MANY_REFUSALS = 0.1;
/**
 * Nobody knows where the limit of a destination lies that took less than this of what it was asked for: the
 * little may be the end of a time in which it took nothing. The limit is looked for in big steps, which costs
 * few refusals beside those that were met.
 */
const KNOWN_SHARE_MIN = 0.05;
const START_GROWTH = 0.3;
const UNKNOWN = 0;
/** A lane that sends less than it may learns nothing about its limit. */
const USED_SHARE = 0.7;
/** A limit that has not been met for this long is no longer believed. */
export const ADAPTIVE_RATE_FORGOTTEN_MS = 600_000;

/** What the destination itself says that it allows, where it does. */
export interface Allowance {
  readonly perSecond: number;
}

/**
 * The adaptive rate after a look at the latest attempts; called about once a second.
 * @param adaptiveRate absent: as fast as it goes.
 * @returns the same object when nothing changes; undefined: as fast as it goes.
 */
export function nextAdaptiveRate(
  adaptiveRate: AdaptiveRate | undefined,
  counts: CountsBySecond,
  now: number,
  allowance: Allowance | null,
): AdaptiveRate | undefined {
  if (adaptiveRate === undefined) return begin(counts, now, allowance);
  const met = total(counts, Math.max(adaptiveRate.slowedAt + 1_000, now - REFUSALS_WINDOW_MS));
  const isRefusing = met.limited > (met.accepted + met.limited) * REFUSED_SHARE;
  if (isRefusing && now - adaptiveRate.slowedAt >= SETTLE_MS) return slowDown(adaptiveRate, met, counts, now);
  if (now - adaptiveRate.slowedAt >= ADAPTIVE_RATE_FORGOTTEN_MS) return undefined;
  if (now - adaptiveRate.changedAt < 1_000 || now - adaptiveRate.slowedAt < SETTLE_MS) return adaptiveRate;
  return speedUp(adaptiveRate, counts, now, allowance);
}

function begin(counts: CountsBySecond, now: number, allowance: Allowance | null): AdaptiveRate | undefined {
  const met = total(counts, now - REFUSALS_WINDOW_MS);
  if (met.limited < REFUSALS_MIN || met.limited < (met.accepted + met.limited) * REFUSED_SHARE_MIN)
    return undefined;
  const first = Math.min(...refusingSeconds(counts, now).map(([second]) => second));
  // What it took so far in its first second is a burst or a part, and an adaptive rate that begins far too
  // low takes minutes to grow.
  if (allowance === null && Math.floor(now / 1_000) - first < 2) return undefined;
  const later = new Map([...counts].filter(([second]) => second > first));
  const taken = takenPerSecond(later, now);
  const seen = taken > 0 ? taken : FIRST_MIN;
  const perSecond = Math.max(ADAPTIVE_RATE_MIN, Math.min(seen, allowance?.perSecond ?? seen) * FIRST_SHARE);
  const isKnown = tellsLimit(whileRefusing(later, now));
  return {
    perSecond,
    refusedAt: isKnown ? Math.max(seen, perSecond) : UNKNOWN,
    changedAt: now,
    slowedAt: now,
    since: now,
  };
}

/** What it took in the seconds in which it also refused: it was asked for more, so this is what it takes. */
function takenPerSecond(counts: CountsBySecond, now: number): number {
  const seconds = finishedRefusing(counts, now);
  if (seconds.length === 0) return total(counts, now - 1_000).accepted;
  return seconds.reduce((sum, [, { accepted }]) => sum + accepted, 0) / seconds.length;
}

function whileRefusing(counts: CountsBySecond, now: number): Counts {
  return total(new Map(finishedRefusing(counts, now)), 0);
}

/** The second that is not over yet says less than a whole one. */
function finishedRefusing(counts: CountsBySecond, now: number): [second: number, met: Counts][] {
  const current = Math.floor(now / 1_000);
  return refusingSeconds(counts, now).filter(([second]) => second < current);
}

function tellsLimit({ accepted, limited }: Counts): boolean {
  return accepted > 0 && accepted >= (accepted + limited) * KNOWN_SHARE_MIN;
}

function refusingSeconds(counts: CountsBySecond, now: number): [second: number, met: Counts][] {
  const from = Math.floor((now - REFUSALS_WINDOW_MS) / 1_000);
  return [...counts].filter(([second, { limited }]) => second >= from && limited > 0);
}

function slowDown(
  adaptiveRate: AdaptiveRate,
  met: Counts,
  counts: CountsBySecond,
  now: number,
): AdaptiveRate {
  const { accepted, limited } = met;
  const isFarLess = accepted > 0 && limited > accepted * MANY_REFUSALS;
  const taken = isFarLess ? takenPerSecond(counts, now) : Number.POSITIVE_INFINITY;
  const share = accepted === 0 || taken === 0 ? MUCH_SLOWER : SLOWER;
  const most = taken === 0 ? Number.POSITIVE_INFINITY : taken * FIRST_SHARE;
  const perSecond = Math.max(ADAPTIVE_RATE_MIN, Math.min(adaptiveRate.perSecond * share, most));
  const isKnown = tellsLimit(met) && taken > 0;
  const refusedAt = isKnown ? Math.min(adaptiveRate.perSecond, Math.max(perSecond, taken)) : UNKNOWN;
  return { ...adaptiveRate, perSecond, refusedAt, changedAt: now, slowedAt: now };
}

function speedUp(
  adaptiveRate: AdaptiveRate,
  counts: CountsBySecond,
  now: number,
  allowance: Allowance | null,
): AdaptiveRate {
  const { accepted } = total(counts, now - 3_000);
  if (accepted / 3 < adaptiveRate.perSecond * USED_SHARE) return { ...adaptiveRate, changedAt: now };
  const grown = grow(adaptiveRate, Math.min((now - adaptiveRate.changedAt) / 1_000, GROWTH_SECONDS_MAX));
  const ceiling = allowance === null ? Number.POSITIVE_INFINITY : allowance.perSecond * 0.98;
  const perSecond = Math.max(Math.min(grown, ceiling), Math.min(adaptiveRate.perSecond, ceiling));
  return { ...adaptiveRate, perSecond, changedAt: now };
}

/**
 * Fast up to where it last refused, slowly past that place, and ever faster when it has turned out to be no
 * limit any more.
 */
function grow({ perSecond, refusedAt }: AdaptiveRate, seconds: number): number {
  if (refusedAt === UNKNOWN) return perSecond * (1 + START_GROWTH * seconds);
  if (perSecond < refusedAt * NEAR) return Math.min(perSecond * (1 + FAR_GROWTH * seconds), refusedAt * NEAR);
  if (perSecond <= refusedAt * PAST) return perSecond * (1 + NEAR_GROWTH * seconds);
  const growth = Math.min(START_GROWTH, (FAR_GROWTH * perSecond) / refusedAt);
  return perSecond * (1 + growth * seconds);
}
