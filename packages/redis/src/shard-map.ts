// Which shards an installation has, as it stands in the store: their names, the server that each is on, and
// whether new deliveries enter it. An installation with one shard has nothing of it in Redis.

import { type RatePart, toEvenPart, WHOLE } from "@postrider/shared/rate-part";
import { chooseShardNames, nextNumber } from "./cluster-slots.ts";
import type { RedisClient } from "./home-cluster.ts";
import { createShardKeys } from "./keys.ts";
import { type ClusterSlots, readClusterSlots } from "./read-slots.ts";
import { ONLY_SHARD, type Store } from "./shard.ts";

/** New deliveries enter an open one; one that drains is served until nothing is left in it. */
export type ShardState = "open" | "draining";

export interface ShardPlace {
  readonly name: string;
  /** Its place among the servers of the setting, from 0; the first holds the store. */
  readonly server: number;
  readonly state: ShardState;
}

/** The shards that were open until some time, where ids that were enqueued then are still known. */
export interface FormerShards {
  readonly names: readonly string[];
  /** Unix ms. */
  readonly until: number;
}

export interface ShardMap {
  /** One more with each change; 0: nothing stands in the store. */
  readonly version: number;
  readonly shards: readonly ShardPlace[];
  /** The oldest first, each set once. */
  readonly former: readonly FormerShards[];
}

/** What an installation has that never heard of shards. */
export const ONE_SHARD: ShardMap = {
  version: 0,
  shards: [{ name: ONLY_SHARD, server: 0, state: "open" }],
  former: [],
};

/**
 * Every process knows of a change by then: they look every second, and all of them go by the former shards
 * until that long after it.
 */
export const KNOWN_TO_ALL_MS = 5_000;
/** Each set costs a look more for the ids that it alone has a home for. */
const FORMER_MAX = 16;
/** A delivery may wait for its `sendAt` for long. */
const FORMER_KEPT_MS = 400 * 86_400_000;

export async function readShardMap({ redis, keys }: Store): Promise<ShardMap> {
  const text = await redis.get(keys.shards());
  return text === null ? ONE_SHARD : (JSON.parse(text) as ShardMap);
}

/** The names of all there are. */
export function namesOf({ shards }: ShardMap): readonly string[] {
  return shards.map(({ name }) => name);
}

/** The names of the shards into which new deliveries go at a time. */
export function openNames({ shards, former }: ShardMap, now: number): readonly string[] {
  const latest = former.at(-1);
  if (latest !== undefined && now < latest.until) return latest.names;
  return shards.filter(({ state }) => state === "open").map(({ name }) => name);
}

/**
 * The names of the shards that share what all keep together, such as a rate. A shard that is about to be
 * opened is none of them yet: there is nothing in it.
 */
export function sharingNames(map: ShardMap, now: number): readonly string[] {
  const open = new Set(openNames(map, now));
  return map.shards
    .filter((shard) => shard.state === "draining" || open.has(shard.name))
    .map((shard) => shard.name);
}

/** A shard's even part at a time. */
export function partOf(map: ShardMap, name: string, now: number): RatePart {
  // Asked for each request of a lane with a rate.
  if (map.shards.length === 1) return WHOLE;
  const names = sharingNames(map, now);
  const place = names.indexOf(name);
  return place < 0 ? toEvenPart(names.length + 1, names.length) : toEvenPart(names.length, place);
}

export interface NewShards {
  readonly count: number;
  readonly servers: number;
  readonly now: number;
  /** Of the Cluster on which all shards are; absent: they are on servers that have all slots. */
  readonly slots?: ClusterSlots | null;
}

/**
 * Says how many shards a new installation has, unless it has some: those that it has count.
 * @returns what stands in the store.
 */
export async function beginShardMap(store: Store, keyPrefix: string, begun: NewShards): Promise<ShardMap> {
  const known = await readShardMap(store);
  if (known.version > 0 || begun.count === 1 || (await hasDeliveries(store.redis, keyPrefix))) return known;
  const slots = begun.servers === 1 ? await readClusterSlots(store) : null;
  const made: ShardMap = { ...planShards(known, { ...begun, slots }), former: [] };
  await store.redis.set(store.keys.shards(), JSON.stringify(made), "NX");
  return readShardMap(store);
}

/** Whether something was ever enqueued to the shard that an installation without a map has. */
async function hasDeliveries(redis: RedisClient, keyPrefix: string): Promise<boolean> {
  return (await redis.exists(createShardKeys(keyPrefix, ONLY_SHARD).totals())) === 1;
}

/**
 * The map with so many open shards. More: those that drain are opened again, then new ones are named, each on
 * the server that has the fewest. Fewer: the last ones drain. Pure.
 */
export function planShards(map: ShardMap, { count, servers, now, slots = null }: NewShards): ShardMap {
  const shards = [...map.shards];
  const openCount = (): number => shards.filter(({ state }) => state === "open").length;
  const setState = (index: number, state: ShardState): void => {
    const shard = shards[index];
    if (shard !== undefined) shards[index] = { ...shard, state };
  };
  while (openCount() > count)
    setState(
      shards.findLastIndex(({ state }) => state === "open"),
      "draining",
    );
  while (openCount() < count && shards.some(({ state }) => state === "draining"))
    setState(
      shards.findIndex(({ state }) => state === "draining"),
      "open",
    );
  const missing = Math.max(0, count - openCount());
  for (const name of newNames(shards, missing, slots))
    shards.push({ name, server: leastUsed(shards, servers), state: "open" });
  const former = { names: openNames(map, now), until: now + KNOWN_TO_ALL_MS };
  return { version: map.version + 1, shards, former: withFormer(map.former, former, now) };
}

function withFormer(all: readonly FormerShards[], added: FormerShards, now: number): FormerShards[] {
  const isSame = ({ names }: FormerShards): boolean => names.join(" ") === added.names.join(" ");
  const kept = all.filter((one) => !isSame(one) && one.until > now - FORMER_KEPT_MS);
  return [...kept, added].slice(-FORMER_MAX);
}

function newNames(shards: readonly ShardPlace[], count: number, slots: ClusterSlots | null): string[] {
  const taken = shards.map(({ name }) => name);
  if (slots !== null) return chooseShardNames(slots.keyPrefix, slots.masters, { count, taken });
  const first = nextNumber(taken);
  return Array.from({ length: count }, (_, index) => String(first + index));
}

function leastUsed(shards: readonly ShardPlace[], servers: number): number {
  const counts = Array.from(
    { length: servers },
    (_, server) => shards.filter((one) => one.server === server).length,
  );
  return counts.indexOf(Math.min(...counts));
}
