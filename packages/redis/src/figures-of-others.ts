// Figures of those around the deliveries: who reads outcomes and events, subscriptions, and Redis itself.

import type { Figures, RedisFigures } from "@postrider/shared/installation-metrics";
import { isPersistent, toEvictionPolicy } from "./connect.ts";
import type { RedisClient } from "./home-cluster.ts";
import { readHashBounds } from "./packed-hashes.ts";
import { latestPlace, listGroups, placeOf, type ReaderGroup } from "./reader-groups.ts";
import type { Shard, Store } from "./shard.ts";
import { fromIn, readReaders, readSubscriptions } from "./stored-subscriptions.ts";
import { EVENTS_KEPT, eventStream, OUTCOMES_KEPT, outcomeStream } from "./told-streams.ts";

/** Groups that are told apart. */
const GROUPS_SHOWN_MAX = 50;
const OTHER = "other";

/** How far those are who read, and how much is kept for them. */
export async function readReaderFigures(
  shard: Shard,
): Promise<Pick<Figures, "outcomesKept" | "eventsKept" | "outcomeReaders" | "eventReaders">> {
  const { redis, keys } = shard;
  const [outcomes, events] = await redis.hmget(keys.totals(), OUTCOMES_KEPT, EVENTS_KEPT);
  return {
    outcomesKept: toCount(outcomes),
    eventsKept: toCount(events),
    outcomeReaders: toLags(await listGroups(shard, outcomeStream(shard.keys))),
    eventReaders: toLags(await listGroups(shard, eventStream(shard.keys))),
  };
}

/** Null while no worker has said so. */
function toCount(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

/** Those furthest behind first; of all beyond the most that are told apart, the most. */
function toLags(groups: readonly ReaderGroup[]): Record<string, number> {
  const inOrder = groups.toSorted((one, other) => other.unread - one.unread);
  const lags = inOrder.slice(0, GROUPS_SHOWN_MAX).map(({ group, unread }) => [group, unread] as const);
  const rest = inOrder[GROUPS_SHOWN_MAX];
  return Object.fromEntries(rest === undefined ? lags : [...lags, [OTHER, rest.unread]]);
}

interface Stored {
  readonly readers: Partial<Record<"events" | "outcomes", { readonly name: string; readonly from: string }>>;
}

export async function readSubscriptionFigures(
  shard: Shard,
  store: Store,
): Promise<Pick<Figures, "subscriptions" | "subscriptionLag">> {
  const all = Object.values(await readSubscriptions(store)).map((text) => JSON.parse(text) as Stored);
  const told = {
    events: await latestPlace(shard, eventStream(shard.keys)),
    outcomes: await latestPlace(shard, outcomeStream(shard.keys)),
  };
  let hindered = 0;
  let subscriptionLag = 0;
  for (const { readers } of all) {
    const { events, outcomes } = readers;
    const own = [
      ...(events === undefined ? [] : [{ ...events, latest: told.events }]),
      ...(outcomes === undefined ? [] : [{ ...outcomes, latest: told.outcomes }]),
    ];
    const states = await readReaders(
      shard,
      own.map(({ name }) => name),
    );
    if (states.some(({ problem }) => problem !== null)) hindered += 1;
    for (const [index, { from, latest }] of own.entries())
      subscriptionLag = Math.max(
        subscriptionLag,
        latest - placeOf(states[index]?.place ?? fromIn({ from }, shard.name)),
      );
  }
  return { subscriptions: { ok: all.length - hindered, hindered }, subscriptionLag };
}

export async function readRedisFigures(redis: RedisClient): Promise<RedisFigures> {
  const memory = await redis.info("memory");
  return {
    usedBytes: read(memory, "used_memory"),
    maxBytes: read(memory, "maxmemory"),
    mayEvict: toEvictionPolicy(memory) !== null,
    isPersistent: await isPersistent(redis),
    listpackValueBytes: (await readHashBounds(redis))?.listpackValueBytes ?? null,
  };
}

function read(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
}
