// The runs that are not over, read together: their counters and switches, without the claims of each.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { readReplies } from "@postrider/redis/replies";
import { type RunState, toRunState } from "@postrider/redis/run-state";
import type { Shard } from "@postrider/redis/shard";
import { ownLaneName } from "@postrider/shared/lanes";
import { count } from "../runs/run-counters.ts";

export interface RunGlance {
  readonly run: string;
  readonly state: RunState;
  /** `id@version`. */
  readonly action: string;
  /** Unix ms. */
  readonly createdAt: number;
  /** Whether more may be enqueued. */
  readonly isOpen: boolean;
  readonly enqueued: number;
  readonly delivered: number;
  readonly failed: number;
  readonly expired: number;
  readonly cancelled: number;
  /** Not ended: waiting or in flight. */
  readonly left: number;
}

/** Runs that are looked at, the newest first. */
const LOOKED_AT_MAX = 100;
const SHOWN_MAX = 30;
/** An open run of which nothing is left is most often one that nobody will close. */
const IDLE_MS = 3_600_000;

/** The newest runs of a shard, as far as it knows them: a part that is over is not the end of its run. */
export async function readRunGlances(shard: Shard, directory: LaneDirectory): Promise<RunGlance[]> {
  const names = await shard.redis.zrevrange(shard.keys.runs(), 0, LOOKED_AT_MAX - 1);
  const pipeline = shard.redis.pipeline();
  for (const name of names) pipeline.hgetall(shard.keys.run(name));
  const all = readReplies(await pipeline.exec()) as Record<string, string>[];
  return names.flatMap((run, index) => {
    const glance = toGlance(run, all[index] ?? {}, directory);
    return glance === null ? [] : [glance];
  });
}

/**
 * Those that are not over, the newest first; of those that nothing is left of, only what was begun lately.
 * @param now Unix ms.
 */
export function toUnderWay(runs: readonly RunGlance[], now: number): RunGlance[] {
  return runs
    .filter(({ left, isOpen, createdAt }) => left > 0 || (isOpen && createdAt > now - IDLE_MS))
    .sort((one, other) => other.createdAt - one.createdAt)
    .slice(0, SHOWN_MAX);
}

/** Null for a run that was forgotten meanwhile. */
function toGlance(
  run: string,
  fields: Readonly<Record<string, string>>,
  directory: LaneDirectory,
): RunGlance | null {
  const { action, createdAt, closedAt } = fields;
  if (action === undefined) return null;
  const { enqueued, delivered, failed, expired, cancelled, waiting: left } = count(fields, 0);
  const isOver = left === 0 && closedAt !== undefined;
  const state = toRunState(directory.get(ownLaneName("run", run)), fields, isOver);
  return {
    ...{ run, state, action, createdAt: Number(createdAt), isOpen: closedAt === undefined },
    ...{ enqueued, delivered, failed, expired, cancelled, left },
  };
}
