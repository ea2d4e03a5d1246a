// The groups of readers that a stream has: how far each is.

import { onceSettled } from "./once-settled.ts";
import { readReplies } from "./replies.ts";
import type { Shard } from "./shard.ts";
import type { ToldStream } from "./told-streams.ts";

/** How far a group of readers is. */
export interface ReaderGroup {
  readonly group: string;
  /** The id in the stream up to which it has read; null: it has read none yet. */
  readonly place: string | null;
  /** Entries told and not yet read by it. */
  readonly unread: number;
  /** Unix ms of the last sign of its readers. */
  readonly readAt: number;
}

/** All groups, by name. */
export async function listGroups(
  { redis, keys }: Pick<Shard, "redis" | "keys">,
  stream: ToldStream<unknown>,
): Promise<ReaderGroup[]> {
  const names = (await redis.smembers(stream.groups)).sort();
  if (names.length === 0) return [];
  const pipeline = redis.pipeline();
  pipeline.hget(keys.totals(), stream.counter);
  for (const name of names) pipeline.hmget(stream.group(name), "place", "readAt");
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

/** Forgets a group; its readers begin anew. @returns whether there was one. */
export async function removeGroup(
  { redis }: Pick<Shard, "redis">,
  stream: ToldStream<unknown>,
  group: string,
): Promise<boolean> {
  const remove = () => redis.multi().srem(stream.groups, group).del(stream.group(group)).exec();
  return readReplies(await onceSettled(redis, remove))[0] === 1;
}

/** The place of the latest entry ever told. */
export async function latestPlace({ redis, keys }: Shard, { counter }: ToldStream<unknown>): Promise<number> {
  return Number((await redis.hget(keys.totals(), counter)) ?? 0);
}

/** The place that an id of the stream tells: how many entries had been told with it. */
export function placeOf(id: string): number {
  return Number.parseInt(id, 10);
}

/** The Unix ms that an id of the stream tells. */
export function timeOf(id: string): number {
  return Number(id.slice(id.indexOf("-") + 1));
}
