// The groups of readers that outcomes have: how far each is.

import { readReplies } from "./replies.ts";
import type { Shard } from "./shard.ts";

/** How far a group of readers is. */
export interface OutcomeGroup {
  readonly group: string;
  /** The id in the stream up to which it has read; null: it has read none yet. */
  readonly place: string | null;
  /** Outcomes told and not yet read by it. */
  readonly unread: number;
  /** Unix ms of the last sign of its readers. */
  readonly readAt: number;
}

/** All groups, by name. */
export async function listOutcomeGroups({ redis, keys }: Shard): Promise<OutcomeGroup[]> {
  const names = (await redis.smembers(keys.outcomeGroups())).sort();
  if (names.length === 0) return [];
  const pipeline = redis.pipeline();
  pipeline.hget(keys.totals(), "outcomes");
  for (const name of names) pipeline.hmget(keys.outcomeGroup(name), "place", "readAt");
  const [latest, ...states] = readReplies(await pipeline.exec());
  return names.map((group, index) => {
    const [place = null, readAt] = states[index] as (string | null)[];
    return {
      group,
      place,
      unread: Math.max(0, Number(latest ?? 0) - placeOf(place ?? "0")),
      readAt: Number(readAt ?? 0),
    };
  });
}

/** Forgets a group; its readers begin from the start. @returns whether there was one. */
export async function removeOutcomeGroup({ redis, keys }: Shard, group: string): Promise<boolean> {
  const replies = await redis.multi().srem(keys.outcomeGroups(), group).del(keys.outcomeGroup(group)).exec();
  return readReplies(replies)[0] === 1;
}

/** The place that an id of the stream tells: how many outcomes had been told with it. */
export function placeOf(id: string): number {
  return Number.parseInt(id, 10);
}
