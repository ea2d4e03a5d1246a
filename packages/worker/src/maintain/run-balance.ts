// Which run it is whose counters do not add up: looked for only while the ledger as a whole does not, some
// runs at a time, since it takes reading ids out of the lanes that runs share.

import {
  countLanes,
  type LaneCounts,
  NOTHING_THERE,
  readIds,
  readSharedLanes,
} from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { readReplies } from "@postrider/redis/replies";
import type { Shard } from "@postrider/redis/shard";
import { toRunTag } from "@postrider/shared/delivery";
import { ownLaneName } from "@postrider/shared/lanes";
import { type Imbalance, weigh } from "./balance.ts";

/** Runs looked at in one audit, of the newest ones that Redis still knows. */
export const RUNS_MAX = 100;
/**
 * Ids read from shared lanes in one audit. Where more lie there, runs are looked at once there are fewer
 * again.
 */
const IDS_MAX = 200_000;

interface Counters {
  readonly open: number;
  /** Changes whenever anything happens to the run. */
  readonly text: string;
}

interface Present {
  waiting: number;
  claimed: number;
}

interface Weighed {
  /** The runs that do not add up. */
  readonly imbalances: ReadonlyMap<string, Imbalance>;
  /** Runs that changed while they were read, so that nothing can be said of them. */
  readonly moved: readonly string[];
}

/**
 * Weighs each run that nothing happened to while it was looked at.
 * @returns null when the lanes hold too much to be looked through now.
 */
export async function weighRuns(
  shard: Shard,
  directory: LaneDirectory,
  runs: readonly string[],
): Promise<Weighed | null> {
  const before = await readCounters(shard, runs);
  const present = await countPresent(shard, directory, runs);
  if (present === null) return null;
  const after = await readCounters(shard, runs);
  const imbalances = new Map<string, Imbalance>();
  const moved: string[] = [];
  for (const run of runs) {
    const counters = before.get(run);
    if (counters === undefined || counters.text !== after.get(run)?.text) {
      moved.push(run);
      continue;
    }
    const { waiting, claimed } = present.get(run) ?? { waiting: 0, claimed: 0 };
    const imbalance = weigh(counters.open, waiting, claimed);
    if (imbalance.lost + imbalance.surplus > 0) imbalances.set(run, imbalance);
  }
  return { imbalances, moved };
}

const COUNTERS = ["enqueued", "delivered", "failed", "expired", "cancelled", "retries"] as const;

async function readCounters(shard: Shard, runs: readonly string[]): Promise<ReadonlyMap<string, Counters>> {
  const pipeline = shard.redis.pipeline();
  for (const run of runs) pipeline.hmget(shard.keys.run(run), ...COUNTERS);
  const replies = readReplies(await pipeline.exec());
  return new Map(
    runs.map((run, index) => {
      const counts = (replies[index] as (string | null)[]).map(Number);
      const [enqueued = 0, delivered = 0, failed = 0, expired = 0, cancelled = 0] = counts;
      return [run, { open: enqueued - delivered - failed - expired - cancelled, text: counts.join(" ") }];
    }),
  );
}

async function countPresent(
  shard: Shard,
  directory: LaneDirectory,
  runs: readonly string[],
): Promise<ReadonlyMap<string, Present> | null> {
  const own = runs.map((run) => ownLaneName("run", run));
  const mixed = [
    ...(await readSharedLanes(shard)),
    ...directory.all().flatMap(({ lane, kind }) => (kind === "run" ? [] : [lane])),
  ];
  const lying = [...(await countLanes(shard, mixed)).values()];
  if (lying.reduce((sum, counts) => sum + waitingIn(counts) + counts.inFlight, 0) > IDS_MAX) return null;
  // What lies in a run's own lane is all its own.
  const counts = await countLanes(shard, own);
  const present = new Map(
    runs.map((run): [string, Present] => {
      const here = counts.get(ownLaneName("run", run)) ?? NOTHING_THERE;
      return [run, { waiting: waitingIn(here), claimed: here.inFlight }];
    }),
  );
  const byTag = new Map(runs.map((run) => [toRunTag(run), present.get(run)]));
  for (const lane of mixed) await addFrom(shard, lane, byTag);
  return present;
}

function waitingIn({ waiting, delayed }: LaneCounts): number {
  return waiting + delayed;
}

async function addFrom(
  shard: Shard,
  lane: string,
  byTag: ReadonlyMap<string, Present | undefined>,
): Promise<void> {
  for (const which of ["claimed", "waiting"] as const) {
    for await (const id of readIds(shard, lane, which)) {
      const counted = byTag.get(id.slice(0, id.indexOf(".")));
      if (counted !== undefined) counted[which] += 1;
    }
  }
}
