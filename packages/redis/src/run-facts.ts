// What a run was opened with, for those who tell of it.

import type { RunFacts } from "./lane-events.ts";
import type { Shard } from "./shard.ts";

/** Null: there is no such run. */
export async function readRunFacts({ redis, keys }: Shard, run: string): Promise<RunFacts | null> {
  const [action, lane] = await redis.hmget(keys.run(run), "action", "lane");
  return typeof action === "string" ? { action, lane: lane ?? "" } : null;
}
