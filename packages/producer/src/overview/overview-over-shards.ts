// The overviews of all shards, as one.

import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import type {
  LaneGlance,
  OwnLanesGlance,
  ReadOverview,
  ReadShardOverview,
  ShardOverview,
  WorkerGlance,
} from "./overview.ts";
import { type RunGlance, toUnderWay } from "./runs-under-way.ts";
import type { TroubledDestination } from "./troubled-destinations.ts";

interface WithOverview extends ShardPart {
  readonly overview: ReadShardOverview;
}

/** @returns a function that throws `redis_unavailable`. */
export function overviewOver(over: OverShards<WithOverview>): ReadOverview {
  return async (lanes) => {
    const sum = (await over.ask(({ overview }) => overview(lanes))).reduce(addTwo);
    return { ...sum, runs: toUnderWay(sum.runs, sum.at), shardsAway: over.away() };
  };
}

function addTwo(one: ShardOverview, other: ShardOverview): ShardOverview {
  return {
    at: Math.max(one.at, other.at),
    enqueued: one.enqueued + other.enqueued,
    ended: one.ended + other.ended,
    inFlight: one.inFlight + other.inFlight,
    lanes: merge([...one.lanes, ...other.lanes], ({ lane }) => lane, addLanes),
    ownLanes: addOwnLanes(one.ownLanes, other.ownLanes),
    destinations: merge(
      [...one.destinations, ...other.destinations],
      ({ origin }) => origin,
      addDestinations,
    ),
    // Most destinations in trouble are so in each shard.
    destinationsTotal: Math.max(one.destinationsTotal, other.destinationsTotal),
    runs: merge([...one.runs, ...other.runs], ({ run }) => run, addRuns),
    workers: merge([...one.workers, ...other.workers], ({ id }) => id, latestSign).sort((a, b) =>
      a.id < b.id ? -1 : 1,
    ),
  };
}

function merge<T>(all: readonly T[], nameOf: (one: T) => string, add: (one: T, other: T) => T): T[] {
  const merged = new Map<string, T>();
  for (const one of all) {
    const known = merged.get(nameOf(one));
    merged.set(nameOf(one), known === undefined ? one : add(known, one));
  }
  return [...merged.values()];
}

interface Lying {
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
}

function addLying(one: Lying, other: Lying): Lying {
  return {
    waiting: one.waiting + other.waiting,
    delayed: one.delayed + other.delayed,
    inFlight: one.inFlight + other.inFlight,
  };
}

function addLanes(one: LaneGlance, other: LaneGlance): LaneGlance {
  return {
    lane: one.lane,
    isServed: one.isServed && other.isServed,
    ...addLying(one, other),
    deadLetters: one.deadLetters + other.deadLetters,
    oldestAgeMs: Math.max(one.oldestAgeMs, other.oldestAgeMs),
  };
}

/** The same run or destination has a lane in each shard. */
function addOwnLanes(one: OwnLanesGlance, other: OwnLanesGlance): OwnLanesGlance {
  return {
    total: Math.max(one.total, other.total),
    counted: Math.max(one.counted, other.counted),
    ...addLying(one, other),
  };
}

/** The one with more waiting says how it stands. */
function addDestinations(one: TroubledDestination, other: TroubledDestination): TroubledDestination {
  const worse = other.waiting > one.waiting ? other : one;
  return { ...worse, ...addLying(one, other) };
}

function addRuns(one: RunGlance, other: RunGlance): RunGlance {
  return {
    ...one,
    createdAt: Math.min(one.createdAt, other.createdAt),
    isOpen: one.isOpen || other.isOpen,
    enqueued: one.enqueued + other.enqueued,
    delivered: one.delivered + other.delivered,
    failed: one.failed + other.failed,
    expired: one.expired + other.expired,
    cancelled: one.cancelled + other.cancelled,
    left: one.left + other.left,
  };
}

function latestSign(one: WorkerGlance, other: WorkerGlance): WorkerGlance {
  return one.silentMs <= other.silentMs ? one : other;
}
