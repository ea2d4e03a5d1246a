// Drops the oldest events beyond what is kept. The scripts that tell them do not know how many that is.

import type { Shard } from "./shard.ts";

export async function trimEvents({ redis, keys }: Shard, kept: number): Promise<void> {
  await redis.xtrim(keys.events(), "MAXLEN", "~", kept);
}
