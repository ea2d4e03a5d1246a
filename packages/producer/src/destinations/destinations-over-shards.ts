// Destinations over several shards: each shard has its own circuit, learned rate and lane for one, and what a
// person sets is set in all of them.

import { addFields, mergeByName } from "@postrider/shared/sums";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import type { Destination, Destinations } from "./destinations.ts";

interface WithDestinations extends ShardPart {
  readonly destinations: Destinations;
}

export function destinationsOver(over: OverShards<WithDestinations>): Destinations {
  const inAll = async (work: (destinations: Destinations) => Promise<void>): Promise<void> => {
    await over.insist(({ destinations }) => work(destinations));
  };
  return {
    async list() {
      const all = (await over.ask(({ destinations }) => destinations.list())).flat();
      return mergeByName(all, ({ origin }) => origin, addTwo).sort(mostWaiting);
    },
    async show(origin) {
      return (await over.ask(({ destinations }) => destinations.show(origin))).reduce(addTwo);
    },
    limit: (origin, limits, options) => inAll((destinations) => destinations.limit(origin, limits, options)),
    configure: (origin, limits) => inAll((destinations) => destinations.configure(origin, limits)),
    async configured() {
      const all = (await over.ask(({ destinations }) => destinations.configured())).flat();
      const byOrigin = new Map(all.map((one) => [one.origin, one]));
      return [...byOrigin.values()].sort((a, b) => (a.origin < b.origin ? -1 : 1));
    },
    pause: (origin, options) => inAll((destinations) => destinations.pause(origin, options)),
    resume: (origin) => inAll((destinations) => destinations.resume(origin)),
  };
}

function mostWaiting(one: Destination, other: Destination): number {
  return other.waiting - one.waiting || (one.origin < other.origin ? -1 : 1);
}

const WORSE = ["closed", "half-open", "open"] as const;

function addTwo(one: Destination, other: Destination): Destination {
  const withLane = one.lane === null ? other : one;
  const isOtherWorse = WORSE.indexOf(other.circuit) > WORSE.indexOf(one.circuit);
  const [paused] = [one, other].filter(({ isPaused }) => isPaused);
  return {
    ...withLane,
    isPaused: paused !== undefined,
    pausedUntil: paused?.pausedUntil ?? null,
    circuit: isOtherWorse ? other.circuit : one.circuit,
    circuitSince: choose(one.circuitSince, other.circuitSince),
    probeAt: choose(one.probeAt, other.probeAt),
    coolsUntil: choose(one.coolsUntil, other.coolsUntil, Math.max),
    adaptiveRatePerSecond: choose(one.adaptiveRatePerSecond, other.adaptiveRatePerSecond, sum),
    throttledSince: choose(one.throttledSince, other.throttledSince),
    ...addFields(["waiting", "delayed", "inFlight"], one, other),
  };
}

function sum(one: number, other: number): number {
  return one + other;
}

/** Of two that may be unknown. @param by the smaller one unless given. */
function choose(
  one: number | null,
  other: number | null,
  by: (one: number, other: number) => number = Math.min,
): number | null {
  if (one === null || other === null) return one ?? other;
  return by(one, other);
}
