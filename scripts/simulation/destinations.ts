// The simulated destinations: how much each gets, which have a rate, and whether it was ever exceeded.

import type { Scenario } from "./scenario.ts";
import type { Seeded } from "./seeded.ts";

export interface Destination {
  /** Deliveries a second that come for it. */
  readonly offered: number;
  /** Requests a second that it allows; null: any number. */
  readonly rate: number | null;
  readonly isOverloaded: boolean;
  /** Notes a request. @param at seconds. */
  sent(at: number): void;
  /** Requests within the time that counts. */
  counted(): number;
  /** The most within any one second. */
  most(): number;
}

/** Rates of overloaded destinations, to what comes for them; of others, the other way round. */
const OVERLOAD = 0.5;
const ROOM = 1.5;
/** A few large ones, and many small ones: the n-th gets so much less than the first. */
const SKEW = 0.7;

/** @param countsFrom seconds; what is sent before is not counted. */
export function createDestinations(
  { destinations, ratePerSecond, ratedShare, overloadedShare }: Scenario,
  seeded: Seeded,
  countsFrom: number,
): readonly Destination[] {
  const weights = Array.from({ length: destinations }, (_, index) => (index + 1) ** -SKEW);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => {
    const offered = (ratePerSecond * weight) / sum;
    const isRated = seeded.next() < ratedShare;
    const isOverloaded = isRated && seeded.next() < overloadedShare;
    const rate = isRated ? offered * (isOverloaded ? OVERLOAD : ROOM) : null;
    return { offered, rate, isOverloaded, ...createWindow(countsFrom) };
  });
}

/** Counts within any second, wherever it begins. */
function createWindow(countsFrom: number): Pick<Destination, "sent" | "counted" | "most"> {
  let times: number[] = [];
  let first = 0;
  let most = 0;
  let counted = 0;
  return {
    sent(at) {
      if (at >= countsFrom) counted += 1;
      times.push(at);
      while ((times[first] ?? at) <= at - 1) first += 1;
      most = Math.max(most, times.length - first);
      if (first < FORGOTTEN_MIN) return;
      times = times.slice(first);
      first = 0;
    },
    counted: () => counted,
    most: () => most,
  };
}

const FORGOTTEN_MIN = 1_000;
