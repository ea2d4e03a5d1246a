// What this process met at destinations and has not reported yet, second by second: nothing of a healthy one
// is ever reported, and with its first failure all of the last window is, so that the failing share is one of
// everything that was sent. In memory only.

import { ownLaneName } from "@postrider/shared/lanes";
import { type Finding, statusOf } from "../attempt.ts";
import { allowedPerSecond } from "../decide/allowance.ts";
import { askedWaitMs } from "../decide/retry-after.ts";
import type { Counts, CountsBySecond } from "./counts-by-second.ts";
import { RecentCounts } from "./recent-counts.ts";

/** Destinations that a process keeps in mind; beyond it those go that were reported longest ago, or never. */
const OBSERVED_MAX = 10_000;
/** Seconds that are kept of each, however short a circuit's window is: a rate is learned from them, too. */
const SECONDS_MIN = 60;

export interface ObservedAt {
  /** Where it has an own lane, that lane. Kept, since it is a digest of the origin and asked for often. */
  readonly lane: string;
  /** Unreported. */
  readonly met: RecentCounts;
  /** Whether failures or refusals are among it. */
  isFailing: boolean;
  /** What its headers said last that it allows. */
  allowance: number | null;
  /** Until when its 429s ask to be left alone, by the first of them to end; Unix ms of Redis' clock. */
  askedUntil: number | null;
  /** Unix ms of this process. */
  seenAt: number;
  reportedAt: number;
  /** When what was reported has to be looked at once more. */
  lookAgainAt: number;
}

export interface Observed {
  /**
   * @param at Unix ms of Redis' clock.
   * @param isRateLearned whether the destination's rate is being learned, so that what accepted replies say
   * of it is worth reading.
   * @returns null where it says nothing about the destination.
   */
  note(origin: string, finding: Finding, at: number, isRateLearned: boolean): ObservedAt | null;
  all(): [origin: string, seen: ObservedAt][];
  /** Everything unreported, which is forgotten here; the destination is last in line from now on. */
  take(origin: string, seen: ObservedAt): CountsBySecond;
  forget(origin: string): void;
}

/** @param windowMs of a circuit: what is older counts no more. */
export function createObserved(now: () => number, windowMs: number): Observed {
  const seconds = Math.max(SECONDS_MIN, Math.ceil(windowMs / 1_000));
  const known = new Map<string, ObservedAt>();
  const of = (origin: string): ObservedAt => {
    const seen = known.get(origin) ?? begin(ownLaneName("destination", origin), seconds);
    if (known.has(origin)) return seen;
    known.set(origin, seen);
    const [oldest] = known.keys();
    if (known.size > OBSERVED_MAX && oldest !== undefined) known.delete(oldest);
    return seen;
  };
  return {
    note(origin, finding, at, isRateLearned) {
      const kind = classify(finding);
      if (kind === null) return null;
      const seen = of(origin);
      seen.seenAt = now();
      seen.met.add(kind, Math.floor(at / 1_000));
      seen.isFailing ||= kind !== "accepted";
      if (finding.kind !== "reply") return seen;
      if (kind === "limited") seen.askedUntil = earlier(seen.askedUntil, askedUntil(finding.headers, at));
      if (kind === "limited") seen.allowance = allowedPerSecond(finding.headers);
      else if (isRateLearned) seen.allowance = allowedPerSecond(finding.headers) ?? seen.allowance;
      return seen;
    },
    all: () => [...known],
    take(origin, seen) {
      const met = seen.met.take();
      known.delete(origin);
      known.set(origin, seen);
      Object.assign(seen, { isFailing: false, askedUntil: null, reportedAt: now() });
      return met;
    },
    forget: (origin) => void known.delete(origin),
  };
}

function begin(lane: string, seconds: number): ObservedAt {
  return {
    lane,
    met: new RecentCounts(seconds),
    isFailing: false,
    allowance: null,
    askedUntil: null,
    seenAt: Number.NEGATIVE_INFINITY,
    reportedAt: Number.NEGATIVE_INFINITY,
    lookAgainAt: Number.POSITIVE_INFINITY,
  };
}

function askedUntil(headers: Readonly<Record<string, string>>, at: number): number | null {
  const asked = askedWaitMs(headers, at);
  return asked === null ? null : at + asked;
}

function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** Statuses by which a destination says that it is in trouble, not that the request is wrong. */
const FAILING: ReadonlySet<number> = new Set([408, 502, 503, 504, 529]);
/** Faults that are ours, or say nothing about the destination. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set(["proxy", "local"]);

function classify(finding: Finding): keyof Counts | null {
  if (finding.kind === "fault") return NOT_ITS_FAULT.has(finding.code) ? null : "failed";
  if (finding.kind !== "reply") return null;
  const status = statusOf(finding);
  if (status === 429) return "limited";
  return FAILING.has(status) ? "failed" : "accepted";
}
