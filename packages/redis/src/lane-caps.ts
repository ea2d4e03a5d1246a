// How many of a lane its queue lets be in flight, as it stands there.

import { readReplies } from "./replies.ts";
import type { Shard } from "./shard.ts";

/** @returns the number of each lane; null: as many as there are. */
export async function readCaps(
  { redis, keys }: Shard,
  lanes: readonly string[],
): Promise<ReadonlyMap<string, number | null>> {
  if (lanes.length === 0) return new Map();
  const pipeline = redis.pipeline();
  for (const lane of lanes) pipeline.hget(keys.ofLane(lane, "meta"), "concurrency");
  const texts = readReplies(await pipeline.exec()) as (string | null)[];
  return new Map(lanes.map((lane, at) => [lane, texts[at] == null ? null : Number(texts[at])]));
}
