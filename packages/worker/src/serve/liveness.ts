// Whether this worker still claims. A worker may hold a connection that answers pings and yet never be told
// of deliveries again; so it is judged by progress: due deliveries exist, it has free slots, and it has taken
// none for a while. Redis away is no reason: that heals.

import { findReady } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Shard } from "@postrider/redis/shard";
import { isOwnLane } from "@postrider/shared/lanes";
import { type OwnLane, toSwitches } from "@postrider/shared/own-lane";
import type { InFlight } from "../in-flight.ts";

/** An idle worker looks by itself every few seconds; several times that is more than bad luck. */
const STUCK_MS = 30_000;

export interface Liveness {
  /** Looks at the lanes that are served; called every few seconds. */
  check(): Promise<void>;
  /** The lane in which it is stuck; null while it is not. */
  stuckIn(): string | null;
}

export interface LivenessOptions {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  /** The lanes that this process serves, and how many it may have in flight of each. */
  readonly slots: () => ReadonlyMap<string, number>;
  readonly inFlight: InFlight;
  readonly now: () => number;
}

export function createLiveness({ shard, directory, slots, inFlight, now }: LivenessOptions): Liveness {
  const idle = new Map<string, { since: number; lastClaim: number }>();
  const look = async (): Promise<void> => {
    const lanes = [...slots()].filter(
      ([lane]) => !isOwnLane(lane) || mayFlow(directory.get(lane), shard.part().of),
    );
    const ready = await findReady(
      shard,
      lanes.filter(([lane, most]) => inFlight.count(lane) < most).map(([lane]) => lane),
      directory.now(),
    );
    for (const lane of idle.keys()) if (!ready.has(lane)) idle.delete(lane);
    for (const lane of ready) {
      const lastClaim = inFlight.lastClaim(lane);
      if (idle.get(lane)?.lastClaim !== lastClaim) idle.set(lane, { since: now(), lastClaim });
    }
  };

  return {
    async check() {
      try {
        await look();
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

/**
 * Whether nothing but its workers keeps an own lane's deliveries waiting; other workers may have used up a
 * rate or a concurrency.
 */
function mayFlow(entry: OwnLane | undefined, shards: number): boolean {
  if (entry === undefined) return false;
  const { isPaused, rate, concurrency } = toSwitches(entry, shards);
  return !isPaused && rate === null && concurrency === null;
}
