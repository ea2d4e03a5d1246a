// Keeps the requests of a lane with a rate apart, over all workers: each has its own moment, one interval after the one before. BullMQ's
// limiter admits in bursts, and two bursts that meet, as after a stall, are more than a second may see.

import { keys } from "@postrider/shared/lanes";
import { type OwnLane, rateOf } from "@postrider/shared/own-lane";
import type { Redis } from "ioredis";
import type { Interruptible, Interrupts } from "../send/interrupts.ts";

/** So much may be claimed ahead of its moment; beyond it BullMQ's limiter claims nothing until half of it is left. */
const AHEAD_MS = 200;
/** A moment is never further off than this and some intervals: a clock that was set back, or a rate that was far lower, would hold all up. */
const FAR_MS = 1_000;
const FAR_INTERVALS = 4;
/** Whoever comes later than so much, as after a stall, would meet those whose moment it is: it asks for another one. */
const LATE_MS = 15;
/** Of a process that is always late. */
const MOMENTS_MAX = 3;
/** Who waits for Redis for so long has no claim any more, or soon will not. */
const STALE_MS = 5_000;

/**
 * Gives the next free moment. Input: KEYS the next one (µs), BullMQ's limiter; ARGV interval, the furthest off, ahead (all µs).
 * Output: µs from now on.
 */
const TAKE = `
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval, far, ahead = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local moment = math.min(math.max(now, tonumber(redis.call("GET", KEYS[1]) or 0)), now + far)
local off = moment - now
redis.call("SET", KEYS[1], string.format("%.0f", moment + interval), "PX", math.ceil((off + interval) / 1000) + 1000)
if off > ahead then
  local rest = math.ceil((off - ahead / 2) / 1000)
  if redis.call("PTTL", KEYS[2]) < rest then redis.call("SET", KEYS[2], 2^53 - 1, "PX", rest) end
end
return off
`;

type TakeCommand = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number>;

export interface Spacing {
  /**
   * Waits for a delivery's moment; null: its lane has no rate, and it may go at once.
   * Resolves to false where it was called off, or Redis was away: it must not be sent now.
   */
  wait(lane: string): Promise<boolean> | null;
}

export interface SpacingOptions {
  readonly redis: Redis;
  readonly find: (lane: string) => OwnLane | undefined;
  readonly interrupts: Interrupts;
}

export function createSpacing({ redis, find, interrupts }: SpacingOptions): Spacing {
  redis.defineCommand("postriderTakeMoment", { lua: TAKE });
  const { postriderTakeMoment } = redis as unknown as { postriderTakeMoment: TakeCommand };
  const take = async (lane: string, intervalMs: number): Promise<Moment> => {
    const names = [keys.nextRequest(lane), keys.ofLane(lane, "limiter")];
    const times = [intervalMs, FAR_MS + FAR_INTERVALS * intervalMs, AHEAD_MS].map((ms) => ms * 1_000);
    const askedAt = performance.now();
    const off = await postriderTakeMoment.call(redis, names.length, ...names, ...times);
    const toldAt = performance.now();
    return { at: toldAt + off / 1_000, isStale: toldAt - askedAt > STALE_MS };
  };
  const wait = async (lane: string, intervalMs: number): Promise<boolean> => {
    // One that is further from the next than a second may be as late as leaves a second between them.
    const lateMs = LATE_MS + Math.max(0, intervalMs - 1_000);
    const sleeper = createSleeper();
    const place = interrupts.add(sleeper);
    try {
      for (let moments = 1; moments <= MOMENTS_MAX; moments++) {
        const { at, isStale } = await take(lane, intervalMs);
        if (isStale || !(await sleeper.sleepUntil(at))) return false;
        if (performance.now() - at < lateMs) break;
      }
      return true;
    } finally {
      interrupts.remove(place);
    }
  };
  return {
    wait(lane) {
      const entry = find(lane);
      const perSecond = entry === undefined ? undefined : rateOf(entry);
      return perSecond === undefined ? null : wait(lane, 1_000 / perSecond);
    },
  };
}

interface Moment {
  /** By `performance.now()`. */
  readonly at: number;
  readonly isStale: boolean;
}

interface Sleeper extends Interruptible {
  /** @returns false when it was interrupted, before or meanwhile. */
  sleepUntil(at: number): Promise<boolean>;
}

function createSleeper(): Sleeper {
  let isInterrupted = false;
  let wake: () => void = () => undefined;
  return {
    async sleepUntil(at) {
      const ms = at - performance.now();
      if (ms < 1 || isInterrupted) return !isInterrupted;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      return !isInterrupted;
    },
    interrupt() {
      isInterrupted = true;
      wake();
    },
  };
}
