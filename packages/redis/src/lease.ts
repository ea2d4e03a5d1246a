// What one process does for all: whoever comes first within a time does it.

import { setWhenFull } from "./scripts/set-when-full.ts";
import type { Shard } from "./shard.ts";

/** Carries out `work` unless another process did so within the time. */
export async function asOnly<T>(
  shard: Shard,
  name: string,
  everyMs: number,
  work: () => Promise<T>,
): Promise<T | null> {
  const lease = { ms: everyMs * 0.9, isNew: true };
  return (await setWhenFull(shard.redis, shard.keys.duty(name), "1", lease)) ? await work() : null;
}
