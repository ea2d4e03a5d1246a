// Work that repeats: each duty in a loop of its own, one turn at a time, until it is told to stop. Redis may be away; the next turn tries again.

import { randomUUID } from "node:crypto";
import type { Shard } from "@postrider/redis/shard";
import type { Logger } from "@postrider/shared/log";

/** Repeats `work`, so long after each end. What goes wrong is told, and the next turn comes all the same. */
export function repeat(
  name: string,
  everyMs: number,
  work: () => Promise<unknown>,
  log: Logger,
): { stop(): Promise<void> } {
  let isStopped = false;
  let wake: () => void = () => undefined;
  const run = async (): Promise<void> => {
    while (!isStopped) {
      try {
        await work();
      } catch (error) {
        if (!isStopped) log.debug({ duty: name, detail: String(error) }, "duty failed; it is tried again");
      }
      if (isStopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = run();
  return {
    stop() {
      isStopped = true;
      wake();
      return running;
    },
  };
}

/** Carries out `work` unless another process did so within the time. */
export async function asOnly<T>(
  shard: Shard,
  name: string,
  everyMs: number,
  work: () => Promise<T>,
): Promise<T | null> {
  const isMine =
    (await shard.redis.set(shard.keys.duty(name), "1", "PX", Math.floor(everyMs * 0.9), "NX")) === "OK";
  return isMine ? await work() : null;
}

/** A process that showed no sign of life for so long serves nothing any more. */
const ALIVE_MS = 10_000;

export interface Presence {
  readonly self: string;
  /** Shows a sign of life, and looks who else did. */
  show(now: number): Promise<void>;
  processes(): readonly string[];
  leave(): Promise<void>;
}

/** The processes that serve lanes, and the shared lanes that they serve, by their signs of life. */
export function createPresence(shard: Shard, sharedLanes: readonly string[]): Presence {
  const self = randomUUID();
  let processes: readonly string[] = [self];
  return {
    self,
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
