// What would be missing, had a shard gone that holds no delivery any more: what readers have not read of it,
// and the ids by which what ended there is known again.

import { type ReaderGroup, timeOf } from "@postrider/redis/reader-groups";
import type { Shard, Store } from "@postrider/redis/shard";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import type { StreamReader } from "../reading/reader.ts";
import { KINDS, type Kind } from "../subscriptions/carry.ts";
import { latestOf, readStandings } from "../subscriptions/reader-standing.ts";
import { readStored } from "../subscriptions/subscriptions.ts";

type WithGroups = Pick<StreamReader<object>, "groups">;

export interface WithReaders extends ShardPart {
  readonly outcomes: { readonly reader: WithGroups };
  readonly events: WithGroups;
}

/** Who would miss something, had the shard gone; null: nobody who is known. */
export async function findUnread(
  over: OverShards<WithReaders>,
  store: Store,
  name: string,
): Promise<string | null> {
  const part = over.named(name);
  for (const kind of KINDS)
    for (const { group, unread } of await groupsIn(over, part, kind))
      if (unread > 0)
        return `the group ${group} has not read ${unread} ${kind} of the shard ${name}; wait until it has, or remove the group`;
  for (const { id, kind, unread } of await readStandings(part.shard, await readStored(store)))
    if (unread > 0)
      return `the subscription ${id} has not been told ${unread} ${kind} of the shard ${name}; wait until an API process has carried them, or remove the subscription`;
  return null;
}

/** All groups there are: one that has never been here, since its reader was away, has read nothing of it. */
async function groupsIn(
  over: OverShards<WithReaders>,
  part: WithReaders,
  kind: Kind,
): Promise<Pick<ReaderGroup, "group" | "unread">[]> {
  const groupsOf = (one: WithReaders) => (kind === "events" ? one.events : one.outcomes.reader).groups();
  const here = await groupsOf(part);
  const known = new Set(here.map(({ group }) => group));
  const anywhere = new Set((await over.ask(groupsOf)).flat().map(({ group }) => group));
  const told = await latestOf(part.shard, kind);
  const strangers = [...anywhere].filter((group) => !known.has(group));
  return [...here, ...strangers.map((group) => ({ group, unread: told }))];
}

/**
 * Until when the shard may know ids that have ended there, in Unix ms; null: none ever has. Where no outcomes
 * are kept nobody knows when the last one ended: then it may have been just now.
 */
export async function rememberedUntil(
  { redis, keys }: Shard,
  { windowMs, now }: { readonly windowMs: number; readonly now: number },
): Promise<number | null> {
  if (Number((await redis.hget(keys.totals(), "ended")) ?? 0) === 0) return null;
  const [latest] = await redis.xrevrange(keys.outcomes(), "+", "-", "COUNT", 1);
  return (latest === undefined ? now : timeOf(latest[0])) + windowMs;
}
