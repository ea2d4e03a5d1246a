import type { AdaptiveRate } from "@postrider/shared/own-lane";
import { expect, test } from "vitest";
import { ADAPTIVE_RATE_MIN, nextAdaptiveRate } from "./adaptive-rate.ts";
import type { Counts } from "./counts-by-second.ts";

interface Receiver {
  /** How many of so many requests in this second it takes. */
  take(second: number, requests: number): number;
}

/** Plays a sender that is judged once a second against a receiver. */
function play(receiver: Receiver, seconds: number, offered: number, allowance: number | null = null) {
  const counts = new Map<number, Counts>();
  const history: { second: number; sent: number; limited: number; adaptiveRate: number | null }[] = [];
  let adaptiveRate: AdaptiveRate | undefined;
  let owed = 0;
  for (let second = 0; second < seconds; second++) {
    owed += Math.min(offered, adaptiveRate?.perSecond ?? offered);
    const sent = Math.floor(owed);
    owed -= sent;
    const accepted = receiver.take(second, sent);
    counts.set(second, { accepted, limited: sent - accepted, failed: 0 });
    adaptiveRate = nextAdaptiveRate(
      adaptiveRate,
      counts,
      (second + 1) * 1_000,
      allowance === null ? null : { perSecond: allowance },
    );
    history.push({ second, sent, limited: sent - accepted, adaptiveRate: adaptiveRate?.perSecond ?? null });
  }
  return history;
}

const allows = (limit: number): Receiver => ({ take: (_, requests) => Math.min(requests, limit) });
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

test.each([5, 50, 500])(
  "a receiver that allows %i a second: few refusals after ten seconds, most of it used",
  (limit) => {
    const later = play(allows(limit), 300, 2_000).slice(10);

    const sent = sum(later.map((one) => one.sent));
    expect(sum(later.map(({ limited }) => limited)) / sent).toBeLessThan(0.01);
    expect((sent - sum(later.map(({ limited }) => limited))) / (limit * later.length)).toBeGreaterThan(0.9);
  },
);

test("a receiver that allows less later on is followed down, and up again", () => {
  const falls: Receiver = {
    take: (second, requests) => Math.min(requests, second < 60 || second >= 120 ? 100 : 20),
  };
  const history = play(falls, 600, 2_000);

  expect(history[115]?.adaptiveRate).toBeLessThan(25);
  expect(history[599]?.adaptiveRate).toBeGreaterThan(85);
});

test("what a destination says that it allows bounds the adaptive rate at once", () => {
  expect(play(allows(50), 3, 2_000, 50)[1]?.adaptiveRate).toBeLessThanOrEqual(50);
});

test("a receiver that refuses everything is asked ever less, but asked", () => {
  const history = play(allows(0), 120, 2_000);

  expect(history.at(-1)?.adaptiveRate).toBeCloseTo(ADAPTIVE_RATE_MIN);
});

test("some refusals are no reason for an adaptive rate, and one that has not been needed for long is forgotten", () => {
  const counts = new Map([[1, { accepted: 100, limited: 4, failed: 0 }]]);
  expect(nextAdaptiveRate(undefined, counts, 2_000, null)).toBeUndefined();

  const adaptiveRate: AdaptiveRate = { perSecond: 10, refusedAt: 11, changedAt: 0, slowedAt: 0 };
  expect(nextAdaptiveRate(adaptiveRate, new Map(), 599_999, null)).toBeDefined();
  expect(nextAdaptiveRate(adaptiveRate, new Map(), 600_000, null)).toBeUndefined();
});

test("the first moments of a receiver with little room for bursts are no measure of what it takes", () => {
  const counts = new Map<number, Counts>([[0, { accepted: 5, limited: 95, failed: 0 }]]);
  expect(nextAdaptiveRate(undefined, counts, 250, null)).toBeUndefined();
  expect(nextAdaptiveRate(undefined, counts, 1_250, null)).toBeUndefined();

  counts.set(1, { accepted: 50, limited: 900, failed: 0 });
  expect(nextAdaptiveRate(undefined, counts, 2_000, null)?.perSecond).toBeCloseTo(47.5);
});

test("a receiver that refuses everything for a while and then takes everything is soon asked for much again", () => {
  const recovers: Receiver = { take: (second, requests) => (second < 10 ? 0 : requests) };

  expect(play(recovers, 50, 2_000)[49]?.adaptiveRate).toBeGreaterThan(100);
});

test.each([
  ["while nothing was known of it", 0],
  ["after it had been taking a known rate", 60],
])("a receiver that took next to nothing for some seconds, %s, is soon asked for much again", (_, until) => {
  const recovers: Receiver = {
    take(second, requests) {
      if (second < until) return Math.min(requests, 100);
      return second < until + 4 ? Math.min(requests, 1) : requests;
    },
  };

  expect(play(recovers, until + 50, 400).at(-1)?.adaptiveRate).toBeGreaterThan(100);
});

test("the second that is not over yet is no measure of what a receiver takes", () => {
  const recovering = new Map<number, Counts>([
    [0, { accepted: 0, limited: 50, failed: 0 }],
    [1, { accepted: 0, limited: 50, failed: 0 }],
    [2, { accepted: 30, limited: 20, failed: 0 }],
  ]);
  // Nothing is known yet, so that it is looked for in big steps.
  expect(nextAdaptiveRate(undefined, recovering, 2_500, null)?.refusedAt).toBe(0);

  const before: AdaptiveRate = { perSecond: 100, refusedAt: 100, changedAt: 0, slowedAt: 0 };
  const refusing = new Map<number, Counts>([
    [8, { accepted: 0, limited: 40, failed: 0 }],
    [9, { accepted: 60, limited: 10, failed: 0 }],
  ]);
  expect(nextAdaptiveRate(before, refusing, 9_500, null)).toMatchObject({ perSecond: 50, refusedAt: 0 });
});

test("a limit that has gone is left behind ever faster", () => {
  const grows: Receiver = { take: (second, requests) => Math.min(requests, second < 60 ? 1 : 1_000) };

  expect(play(grows, 180, 2_000).at(-1)?.adaptiveRate).toBeGreaterThan(100);
});

test("a 429 now and then, whatever the rate, slows nothing down", () => {
  const moody: Receiver = { take: (_, requests) => Math.floor(requests * 0.98) };

  expect(play(moody, 60, 2_000).every(({ adaptiveRate }) => adaptiveRate === null)).toBe(true);
});
