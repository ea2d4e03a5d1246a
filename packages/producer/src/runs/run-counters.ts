// A run's counters as they are shown, and when it will have ended at its present rate.

import { readClaimed } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Shard } from "@postrider/redis/shard";
import { toRunTag } from "@postrider/shared/delivery";

export interface RunCounters {
  readonly enqueued: number;
  readonly delivered: number;
  readonly failed: number;
  readonly expired: number;
  readonly cancelled: number;
  /** Enqueued, not ended and not in flight: due, or delayed. */
  readonly waiting: number;
  readonly inFlight: number;
  /** Attempts after which a delivery waited for another one. */
  readonly retries: number;
  /**
   * Where the workers' audit has found that these counters do not add up with what lies in the lanes:
   * deliveries that wait no more and have not ended, or that wait although all have ended.
   */
  readonly imbalance: { readonly lost: number; readonly surplus: number };
}

export interface RunEstimate {
  /**
   * Deliveries that ended per second since an earlier look, some seconds ago at least; null before there was
   * one, and where nothing is left.
   */
  readonly endedPerSecond: number | null;
  /** Unix ms when nothing will be left at that rate; null when nothing moves, or nothing is left. */
  readonly endsAt: number | null;
}

/**
 * Counters from a run's fields and the number of its deliveries that are claimed. They add up: enqueued =
 * ended + waiting + in flight.
 */
export function count(
  fields: Readonly<Record<string, string>>,
  claimed: number,
): RunCounters & { readonly failedByReason: Readonly<Record<string, number>> } {
  const read = (name: string): number => Number(fields[name] ?? 0);
  const [enqueued, delivered, failed, expired, cancelled] = [
    read("enqueued"),
    read("delivered"),
    read("failed"),
    read("expired"),
    read("cancelled"),
  ];
  const open = Math.max(0, enqueued - delivered - failed - expired - cancelled);
  // A claim whose outcome is recorded and not yet settled is still in BullMQ's list; it has ended all the
  // same.
  const inFlight = Math.min(claimed, open);
  const failedByReason = Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith("failed:") ? [[name.slice("failed:".length), Number(value)]] : [],
    ),
  );
  return {
    enqueued,
    delivered,
    failed,
    expired,
    cancelled,
    waiting: open - inFlight,
    inFlight,
    retries: read("retries"),
    imbalance: { lost: read("lost"), surplus: read("surplus") },
    failedByReason,
  };
}

/** A run's deliveries may be claimed from its home, its own lane, or that of their destination. */
export async function countClaimed(
  shard: Shard,
  directory: LaneDirectory,
  run: string,
  home: string,
): Promise<number> {
  const lanes = [home, ...directory.all().map((entry) => entry.lane)];
  const tag = `${toRunTag(run)}.`;
  return (await readClaimed(shard, lanes)).flat().filter((id) => id.startsWith(tag)).length;
}

/** A look further back than this says little about now, one that is nearer says it badly. */
const LOOK_BACK_MS = 60_000;
const LOOK_BACK_MS_MIN = 2_000;

/** The rate since the look that is kept with the run, which is replaced when it is old. */
export async function estimateEnd(
  shard: Shard,
  run: string,
  fields: Readonly<Record<string, string>>,
  { delivered, failed, expired, cancelled, waiting, inFlight }: RunCounters,
): Promise<RunEstimate> {
  const now = Date.now();
  const ended = delivered + failed + expired + cancelled;
  const [at = Number(fields["createdAt"]), before = 0] = (fields["look"] ?? "")
    .split(" ")
    .filter(Boolean)
    .map(Number);
  const elapsedMs = now - at;
  // A replay takes ended ones back: what was seen before it says nothing then.
  const isTakenBack = ended < before;
  const isDue = elapsedMs > LOOK_BACK_MS || (fields["look"] === undefined && elapsedMs > LOOK_BACK_MS_MIN);
  if (isDue || isTakenBack)
    // A Redis that is full, or read-only, refuses it: that costs the next estimate, not the counters.
    await shard.redis.hset(shard.keys.run(run), "look", `${now} ${ended}`).catch(() => undefined);
  const left = waiting + inFlight;
  if (elapsedMs < LOOK_BACK_MS_MIN || left === 0 || isTakenBack)
    return { endedPerSecond: null, endsAt: null };
  const endedPerSecond = ((ended - before) * 1_000) / elapsedMs;
  const endsAt = endedPerSecond <= 0 ? null : Math.round(now + (left * 1_000) / endedPerSecond);
  return { endedPerSecond: Math.round(endedPerSecond * 100) / 100, endsAt };
}
