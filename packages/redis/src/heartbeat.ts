// Which processes serve lanes: each shows a sign of life, and looks who else did.

import type { Shard } from "./shard.ts";

/** A process that showed no sign of life for this long serves nothing any more. */
export const ALIVE_MS = 10_000;

export interface Heartbeat {
  /** Shows a sign of life, and looks who else did. */
  show(now: number): Promise<void>;
  processes(): readonly string[];
  leave(): Promise<void>;
}

/**
 * The processes that serve lanes, and the shared lanes that they serve, by their signs of life.
 * @param self this process, the same in all shards.
 */
export function createHeartbeat(shard: Shard, self: string, sharedLanes: readonly string[]): Heartbeat {
  let processes: readonly string[] = [self];
  return {
    async show(now) {
      const replies = await shard.redis
        .pipeline()
        .zadd(shard.keys.workers(), String(now), self)
        .zremrangebyscore(shard.keys.workers(), "-inf", String(now - ALIVE_MS))
        .zrange(shard.keys.workers(), "0", "-1")
        .zadd(shard.keys.servedLanes(), ...sharedLanes.flatMap((lane) => [String(now), lane]))
        .zremrangebyscore(shard.keys.servedLanes(), "-inf", String(now - ALIVE_MS))
        .pexpire(shard.keys.servedLanes(), ALIVE_MS)
        .exec();
      processes = (replies?.[2]?.[1] as string[] | undefined) ?? processes;
    },
    processes: () => processes,
    async leave() {
      await shard.redis.zrem(shard.keys.workers(), self);
    },
  };
}

/** The shared lanes that workers serve at this moment. */
export function readServedLanes({ redis, keys }: Shard): Promise<string[]> {
  return redis.zrange(keys.servedLanes(), "0", "-1");
}
