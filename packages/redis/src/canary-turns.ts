// Whose turn it is to send the canary, and when one was delivered last, as all API processes know it.

import { setWhenFull } from "./scripts/set-when-full.ts";
import type { Shard } from "./shard.ts";

/** After an outage of a day nobody asks when the last one was. */
const KEPT_MS = 86_400_000;

export interface CanaryTurns {
  /** @returns whether this process sends the canary of the next `everyMs`. */
  take(everyMs: number): Promise<boolean>;
  /** Unix ms; 0: none was, for a day at least. */
  lastDelivered(): Promise<number>;
  noteDelivered(at: number): Promise<void>;
}

export function createCanaryTurns({ redis, keys }: Shard): CanaryTurns {
  return {
    // The whole time, and not most of it as for other duties: a canary is sent as often as is asked for.
    take: (everyMs) => setWhenFull(redis, keys.duty("canary-turn"), "1", { ms: everyMs, isNew: true }),
    lastDelivered: async () => Number((await redis.get(keys.canary())) ?? 0),
    async noteDelivered(at) {
      await setWhenFull(redis, keys.canary(), String(at), { ms: KEPT_MS });
    },
  };
}
