// What one process does for all: whoever comes first within a time does it.

import type { Shard } from "./shard.ts";

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
