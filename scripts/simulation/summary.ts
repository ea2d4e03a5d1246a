// What a simulation came to, in figures. Pure.

import type { Destination } from "./destinations.ts";
import type { Simulated } from "./simulate.ts";

export interface Summary {
  /** Deliveries of the fullest and of the emptiest shard, to the average. */
  readonly spread: { readonly most: number; readonly least: number; readonly expected: number };
  readonly rates: readonly RateClass[];
  /** Requests within any one second beyond what a rate allows, at the destination that had the most. */
  readonly beyondRate: number;
  /** Deliveries a second: before the loss, while Redis of the zone did not answer, and from then on. */
  readonly throughput: { readonly before: number; readonly during: number; readonly after: number };
  /** The most that waited for workers, and how long after the loss it was next to nothing again. */
  readonly waitingMost: number;
  readonly drainedSeconds: number | null;
  /** Ended, waiting or in flight: all that came. */
  readonly isComplete: boolean;
}

/** Destinations by how many moments a second each shard has of their rate. */
export interface RateClass {
  readonly from: number;
  readonly to: number;
  readonly overloaded: number;
  /** Part of the rate that overloaded ones got, in the second half. */
  readonly used: number | null;
  /** How long others waited for a moment, in intervals between two of a shard's. */
  readonly waitIntervals: { readonly p50: number; readonly p99: number } | null;
}

const CLASSES = [0, 0.01, 0.03, 0.1, 0.3, 1, Number.POSITIVE_INFINITY];
/** Before the loss, and at the end: without the beginning, in which what has a rate first fills its lanes. */
const LOOKED_AT_SHARE = 0.5;
/** What comes within it waits for workers that have enough to do. */
const LITTLE_SECONDS = 0.1;

export function summarize(simulated: Simulated): Summary {
  const { scenario, entered, destinations, samples, came, ended, left } = simulated;
  const { lostAt, failoverSeconds, seconds, shards } = scenario;
  const mean = entered.reduce((sum, count) => sum + count, 0) / shards;
  const between = (from: number, to: number) => samples.filter(({ at }) => at > from && at <= to);
  const perSecond = (from: number, to: number): number => average(between(from, to).map((one) => one.ended));
  const backAt = lostAt + failoverSeconds;
  const little = scenario.ratePerSecond * LITTLE_SECONDS;
  const drained = samples.find(({ at, waiting }) => at > backAt && waiting <= little);
  const rated = destinations.filter(({ rate }) => rate !== null);
  return {
    spread: {
      most: Math.max(...entered) / mean,
      least: Math.min(...entered) / mean,
      // Chance alone, in 99 of 100 cases for each shard.
      expected: 2.58 / Math.sqrt(mean),
    },
    rates: toClasses(simulated),
    beyondRate: Math.max(0, ...rated.map((one) => one.most() - Math.ceil(one.rate ?? 0))),
    throughput: {
      before: perSecond(LOOKED_AT_SHARE * lostAt, lostAt),
      during: perSecond(lostAt, backAt),
      after: perSecond(drained?.at ?? backAt, seconds),
    },
    waitingMost: Math.max(...samples.map(({ waiting }) => waiting)),
    drainedSeconds: drained === undefined ? null : drained.at - lostAt,
    isComplete: came === ended + left && left >= 0,
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function toClasses({ scenario, destinations, momentWaits }: Simulated): readonly RateClass[] {
  const { shards, seconds } = scenario;
  return CLASSES.slice(0, -1)
    .map((from, index) => {
      const to = CLASSES[index + 1] ?? 0;
      const isOfClass = (rate: number | null): boolean =>
        rate !== null && rate / shards >= from && rate / shards < to;
      const overloaded = destinations.filter((one) => one.isOverloaded && isOfClass(one.rate));
      const waits = momentWaits.filter(({ rate }) => isOfClass(rate));
      return {
        from,
        to,
        overloaded: overloaded.length,
        used: overloaded.length === 0 ? null : toUse(overloaded, seconds / 2),
        waitIntervals: waits.length === 0 ? null : toQuantiles(waits, shards),
      };
    })
    .filter(({ used, waitIntervals }) => used !== null || waitIntervals !== null);
}

function toUse(overloaded: readonly Destination[], seconds: number): number {
  const sent = overloaded.reduce((sum, one) => sum + one.counted(), 0);
  return sent / overloaded.reduce((sum, { rate }) => sum + (rate ?? 0) * seconds, 0);
}

function toQuantiles(waits: Simulated["momentWaits"], shards: number) {
  const sorted = Float64Array.from(waits, ({ rate, seconds }) => (seconds * rate) / shards).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
