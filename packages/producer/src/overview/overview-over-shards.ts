// The overviews of all shards, as one.

import { addFields, mergeByName } from "@postrider/shared/sums";
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
    ...addFields(["enqueued", "ended", "inFlight"], one, other),
    lanes: mergeByName([...one.lanes, ...other.lanes], ({ lane }) => lane, addLanes),
    ownLanes: addOwnLanes(one.ownLanes, other.ownLanes),
    destinations: mergeByName(
      [...one.destinations, ...other.destinations],
      ({ origin }) => origin,
      addDestinations,
    ),
    // Most destinations in trouble are so in each shard.
    destinationsTotal: Math.max(one.destinationsTotal, other.destinationsTotal),
    runs: mergeByName([...one.runs, ...other.runs], ({ run }) => run, addRuns),
    workers: mergeByName([...one.workers, ...other.workers], ({ id }) => id, latestSign).sort((a, b) =>
      a.id < b.id ? -1 : 1,
    ),
  };
}

const LYING = ["waiting", "delayed", "inFlight"] as const;
const RUN_COUNTERS = ["enqueued", "delivered", "failed", "expired", "cancelled", "left"] as const;

function addLanes(one: LaneGlance, other: LaneGlance): LaneGlance {
  return {
    lane: one.lane,
    isServed: one.isServed && other.isServed,
    ...addFields([...LYING, "deadLetters"], one, other),
    oldestAgeMs: Math.max(one.oldestAgeMs, other.oldestAgeMs),
  };
}

/** The same run or destination has a lane in each shard. */
function addOwnLanes(one: OwnLanesGlance, other: OwnLanesGlance): OwnLanesGlance {
  return {
    total: Math.max(one.total, other.total),
    counted: Math.max(one.counted, other.counted),
    ...addFields(LYING, one, other),
  };
}

/** The one with more waiting says how it stands. */
function addDestinations(one: TroubledDestination, other: TroubledDestination): TroubledDestination {
  const worse = other.waiting > one.waiting ? other : one;
  return { ...worse, ...addFields(LYING, one, other) };
}

function addRuns(one: RunGlance, other: RunGlance): RunGlance {
  return {
    ...one,
    createdAt: Math.min(one.createdAt, other.createdAt),
    isOpen: one.isOpen || other.isOpen,
    ...addFields(RUN_COUNTERS, one, other),
  };
}

function latestSign(one: WorkerGlance, other: WorkerGlance): WorkerGlance {
  return one.silentMs <= other.silentMs ? one : other;
}
