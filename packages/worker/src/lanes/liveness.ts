// Whether this worker still claims. A worker may hold a connection that answers pings and yet never be told of deliveries again; so it
// is judged by progress: due deliveries exist, it has free slots, and it has taken none for a while. Redis away is no reason: that heals.

import { keys } from "@postrider/shared/lanes";
import type { Redis } from "ioredis";
import type { Traffic } from "./traffic.ts";

/** An idle worker looks by itself every few seconds; several times that is more than bad luck. */
const STUCK_MS = 30_000;

export interface Liveness {
  /** Looks at the shared lanes; called every few seconds. */
  check(): Promise<void>;
  /** The lane in which it is stuck; null while it is not. */
  stuckIn(): string | null;
}

export interface LivenessOptions {
  readonly redis: Redis;
  readonly lanes: readonly string[];
  readonly concurrency: number;
  readonly traffic: Traffic;
  readonly now: () => number;
}

export function createLiveness({ redis, lanes, concurrency, traffic, now }: LivenessOptions): Liveness {
  const idle = new Map<string, { since: number; claims: number }>();
  const isIdle = async (lane: string): Promise<boolean> => {
    const pipeline = redis.pipeline();
    pipeline.llen(keys.ofLane(lane, "wait"));
    pipeline.hexists(keys.ofLane(lane, "meta"), "paused");
    const [waiting, isPaused] = ((await pipeline.exec()) ?? []).map(([error, reply]) => {
      if (error !== null) throw error;
      return Number(reply);
    });
    return (waiting ?? 0) > 0 && isPaused === 0 && traffic.inFlight(lane) < concurrency;
  };

  const look = async (lane: string): Promise<void> => {
    const claims = traffic.claims(lane);
    const hasClaimed = claims !== (idle.get(lane)?.claims ?? claims);
    if (hasClaimed || !(await isIdle(lane))) idle.delete(lane);
    else if (!idle.has(lane)) idle.set(lane, { since: now(), claims });
  };

  return {
    async check() {
      try {
        for (const lane of lanes) await look(lane);
      } catch {
        // Redis is away. What waits, and since when, is not known any more.
        idle.clear();
      }
    },
    stuckIn() {
      for (const [lane, { since }] of idle) if (now() - since >= STUCK_MS) return lane;
      return null;
    },
  };
}
