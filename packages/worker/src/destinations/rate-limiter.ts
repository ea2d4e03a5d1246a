// Keeps the requests of a lane with a rate apart, over all workers: each has its own moment, one interval
// after the one before. BullMQ's limiter admits in bursts, and two bursts that meet, as after a stall, are
// more than a second may see.

import { createBatchByKey } from "@postrider/redis/batch";
import { createTakeTurns, type Pace } from "@postrider/redis/scripts/take-turn";
import type { Shard } from "@postrider/redis/shard";
import { isRunnable, limitsOf, type OwnLane, rateOf } from "@postrider/shared/own-lane";
import { type RatePart, toPhases } from "@postrider/shared/rate-part";
import { createSleeper, type Sleeper } from "@postrider/shared/sleeper";
import type { Interrupts } from "../interrupts.ts";
import { toLateMs } from "./lateness.ts";

/**
 * So much may be claimed ahead of its moment; beyond it BullMQ's limiter claims nothing until half of it is
 * left.
 */
const AHEAD_MS = 200;
/**
 * Nobody sleeps on a claim for longer, since much may change meanwhile: whoever would have to goes back to
 * its lane.
 */
const SLEEP_MS_MAX = 500;
/**
 * The limiter is set for this long at most: a rate that was raised must not wait for the moments of the old
 * one.
 */
const HOLD_MS_MAX = 700;
/** How many ask together at most, so that no script takes long where moments are parted among shards. */
const TOGETHER_MAX = 50;
/** Moments that a process which is always late asks for. */
const MOMENTS_MAX = 3;
/** Share of the time that a claim holds: whoever is later than that may have lost it. */
const LATE_SHARE_MAX = 0.25;
/** A round trip becomes the usual one when it is met again and again. */
const SLOWER = 1.02;
/** Where Redis refuses, it is left alone for a moment. */
const REFUSED_MS = 1_000;

export interface RateLimiter {
  /**
   * Waits for a delivery's moment; null: its lane has no rate, and it may go at once. Resolves to false where
   * it must not be sent now: its moment is too far off, or was slept through, the lane has been stopped
   * meanwhile, Redis gave none, or the process stops.
   */
  wait(lane: string): Promise<boolean> | null;
}

export interface RateLimiterOptions {
  readonly shard: Shard;
  readonly find: (lane: string) => OwnLane | undefined;
  readonly interrupts: Interrupts;
  readonly lockMs: number;
}

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { shard, find, interrupts, lockMs } = options;
  const take = createTake(shard);
  const wait = async (lane: string, pace: Pace, sleeper: Sleeper): Promise<boolean> => {
    const lateMs = toLateMs(pace);
    let latest = 0;
    for (let moments = 1; moments <= MOMENTS_MAX; moments++) {
      const at = await take(lane, pace);
      if (at === null || !(await sleeper.sleep(at - performance.now()))) return false;
      const late = performance.now() - at;
      latest = Math.max(latest, late);
      if (late < lateMs) break;
    }
    return latest <= lockMs * LATE_SHARE_MAX && !isStopped(find(lane));
  };
  return {
    wait(lane) {
      const entry = find(lane);
      const pace = entry === undefined ? null : toPace(entry, shard.part);
      if (pace === null) return null;
      const sleeper = createSleeper();
      const place = interrupts.add(sleeper);
      return wait(lane, pace, sleeper)
        .catch(() => sleeper.sleep(REFUSED_MS).then(() => false))
        .finally(() => interrupts.remove(place));
    },
  };
}

/**
 * A rate that was set is the destination's, and all shards keep it together; one that was learned is what
 * this shard alone has found out, by what the destination left to it. Null: there is no rate.
 */
function toPace(entry: OwnLane, part: () => RatePart): Pace | null {
  const perSecond = rateOf(entry);
  if (perSecond === undefined) return null;
  const { ratePerSecond } = limitsOf(entry);
  const spacingMs = 1_000 / perSecond;
  if (ratePerSecond === undefined) return { intervalMs: spacingMs, spacingMs, phases: [] };
  const even = part();
  const phases = even.of === 1 ? [] : toPhases(entry.share, even);
  return { intervalMs: 1_000 / ratePerSecond, spacingMs, phases };
}

function isStopped(entry: OwnLane | undefined): boolean {
  return entry !== undefined && !isRunnable(entry);
}

interface Turn {
  readonly lane: string;
  readonly pace: Pace;
}

/**
 * Asks for a lane's next moment, by `performance.now()`; null where it is too far off. Those that ask in the
 * same turn of the event loop ask together.
 */
function createTake(shard: Shard): (lane: string, pace: Pace) => Promise<number | null> {
  const takeTurns = createTakeTurns(shard, {
    farMs: SLEEP_MS_MAX,
    aheadMs: AHEAD_MS,
    holdMsMax: HOLD_MS_MAX,
  });
  let usualMs = Number.POSITIVE_INFINITY;
  const take = createBatchByKey<Turn, number | null>(
    ({ lane, pace }) => `${lane} ${JSON.stringify(pace)}`,
    async (turns) => {
      const [{ lane, pace }] = turns;
      const askedAt = performance.now();
      const offs = await takeTurns(lane, pace, turns.length);
      // An answer that was long under way may have lain here unread, while this process stood still and its
      // moment went by.
      usualMs = Math.min(performance.now() - askedAt, usualMs * SLOWER ** turns.length);
      return offs.map((offMs) => (offMs === null ? null : askedAt + usualMs + offMs));
    },
    TOGETHER_MAX,
    0,
  );
  return (lane, pace) => take({ lane, pace });
}
