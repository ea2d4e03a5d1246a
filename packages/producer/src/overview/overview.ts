// Everything at a glance, for who looks again every second: what it costs Redis is bounded, however many
// lanes, runs and destinations there are.

import { asProducer } from "@postrider/redis/connect";
import { countLanes, type LaneCounts, NOTHING_THERE } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { LaneQueues } from "@postrider/redis/lane-queues";
import type { Shard } from "@postrider/redis/shard";
import type { OwnLane } from "@postrider/shared/own-lane";
import { type RunGlance, readRunGlances } from "./runs-under-way.ts";
import { isTroubled, type TroubledDestination, toTroubled } from "./troubled-destinations.ts";

export interface Overview {
  /** Unix ms by Redis' clock. */
  readonly at: number;
  /** Deliveries ever enqueued and ended: two looks make a rate. */
  readonly enqueued: number;
  readonly ended: number;
  /** Claimed at this moment, from the lanes that were counted. */
  readonly inFlight: number;
  readonly lanes: readonly LaneGlance[];
  readonly ownLanes: OwnLanesGlance;
  /** Those that have a lane of their own and do not flow freely, the latest trouble first. */
  readonly destinations: readonly TroubledDestination[];
  readonly destinationsTotal: number;
  readonly runs: readonly RunGlance[];
  readonly workers: readonly WorkerGlance[];
  /** Shards whose Redis does not answer: what lies there is missing from all this. */
  readonly shardsAway: readonly string[];
}

/** A shared lane. */
export interface LaneGlance {
  readonly lane: string;
  readonly isServed: boolean;
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
  readonly deadLetters: number;
  readonly oldestAgeMs: number;
}

export interface OwnLanesGlance {
  readonly total: number;
  /** How many of them the sums are of. */
  readonly counted: number;
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
}

export interface WorkerGlance {
  readonly id: string;
  /** Since its last sign of life. */
  readonly silentMs: number;
}

/** Two of the scripts that count lanes, of some milliseconds each at most. */
const OWN_LANES_COUNTED_MAX = 1_000;
const SHARED_LANES_MAX = 50;
const DESTINATIONS_MAX = 50;
const WORKERS_MAX = 200;
/** A worker shows itself every few seconds. */
const ALIVE_MS = 10_000;

export interface OverviewParts {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  readonly lanes: LaneQueues;
}

/** @param lanes shared lanes that are shown also where nothing was ever enqueued. */
/** What one shard shows. */
export type ShardOverview = Omit<Overview, "shardsAway">;
export type ReadShardOverview = (lanes?: readonly string[]) => Promise<ShardOverview>;
export type ReadOverview = (lanes?: readonly string[]) => Promise<Overview>;

/** What one shard shows; runs that are over are among its runs. @returns what throws `redis_unavailable`. */
export function createShardOverview({ shard, directory, lanes }: OverviewParts): ReadShardOverview {
  return async (wanted = []) => {
    await asProducer(() => directory.refresh());
    const entries = inOrder(directory.all());
    const [counts, shared, runs, workers, totals] = await Promise.all([
      asProducer(() =>
        countLanes(
          shard,
          entries.slice(0, OWN_LANES_COUNTED_MAX).map(({ lane }) => lane),
        ),
      ),
      readSharedLanes(wanted, lanes),
      asProducer(() => readRunGlances(shard, directory)),
      asProducer(() => readWorkers(shard)),
      asProducer(() => shard.redis.hmget(shard.keys.totals(), "enqueued", "ended")),
    ]);
    const troubled = entries.filter(isTroubled);
    const ownLanes = sum(counts, entries.length);
    return {
      at: directory.now(),
      enqueued: Number(totals[0] ?? 0),
      ended: Number(totals[1] ?? 0),
      inFlight: shared.reduce((all, { inFlight }) => all + inFlight, ownLanes.inFlight),
      lanes: shared,
      ownLanes,
      destinations: troubled
        .slice(0, DESTINATIONS_MAX)
        .map((entry) => toTroubled(entry, counts.get(entry.lane) ?? NOTHING_THERE)),
      destinationsTotal: troubled.length,
      runs,
      workers,
    };
  };
}

/** Those in trouble first, so that they are counted whatever else there is. */
function inOrder(entries: readonly OwnLane[]): OwnLane[] {
  const since = ({ circuit, adaptiveRate, createdAt }: OwnLane): number =>
    circuit?.since ?? adaptiveRate?.slowedAt ?? createdAt;
  return entries.toSorted(
    (a, b) => Number(isTroubled(b)) - Number(isTroubled(a)) || since(b) - since(a) || (a.of < b.of ? -1 : 1),
  );
}

function sum(counts: ReadonlyMap<string, LaneCounts>, total: number): OwnLanesGlance {
  const all = { waiting: 0, delayed: 0, inFlight: 0 };
  for (const { waiting, delayed, inFlight } of counts.values()) {
    all.waiting += waiting;
    all.delayed += delayed;
    all.inFlight += inFlight;
  }
  return { total, counted: Math.min(total, OWN_LANES_COUNTED_MAX), ...all };
}

async function readSharedLanes(wanted: readonly string[], lanes: LaneQueues): Promise<LaneGlance[]> {
  const [known, served] = await Promise.all([lanes.known(), lanes.served()]);
  const names = [...new Set([...wanted, ...known.sort(), ...served])].slice(0, SHARED_LANES_MAX);
  return Promise.all(
    names.map(async (lane) => ({
      lane,
      isServed: served.includes(lane),
      ...(await lanes.backlog(lane)),
    })),
  );
}

async function readWorkers({ redis, keys }: Shard): Promise<WorkerGlance[]> {
  const now = Date.now();
  const found = await redis.zrange(keys.workers(), "0", String(WORKERS_MAX - 1), "WITHSCORES");
  const workers: WorkerGlance[] = [];
  for (let index = 0; index < found.length; index += 2)
    workers.push({ id: found[index] ?? "", silentMs: Math.max(0, now - Number(found[index + 1])) });
  return workers.filter(({ silentMs }) => silentMs < ALIVE_MS).sort((a, b) => (a.id < b.id ? -1 : 1));
}
