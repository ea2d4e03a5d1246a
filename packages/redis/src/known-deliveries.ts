// Whether deliveries are known in a shard: they are in a lane there, or have ended lately.

import { asProducer } from "./connect.ts";
import type { Shard } from "./shard.ts";

/** @returns those of the ids that are known. @throws as a producer's work does. */
export async function findKnown({ redis, keys }: Shard, ids: readonly string[]): Promise<string[]> {
  const marks = await asProducer(() => redis.mget(ids.map((id) => keys.outcome(id))));
  return ids.filter((_, index) => marks[index] !== null);
}
