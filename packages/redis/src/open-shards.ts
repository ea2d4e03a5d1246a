// The shards as a process has them: connected, and kept up to date with what stands in the store. A shard
// whose server does not answer is missing until it does; all others go on.

import { PostriderError } from "@postrider/shared/errors";
import { checkFormat } from "./format.ts";
import type { RedisClient } from "./home-cluster.ts";
import { shardTag, storeTag } from "./keys.ts";
import type { Server } from "./servers.ts";
import { createShard, createStore, type Shard, type Store } from "./shard.ts";
import { beginShardMap, namesOf, partOf, readShardMap, type ShardMap, sharingNames } from "./shard-map.ts";
import { createShards, type Shards } from "./shards.ts";

/** How often a process looks which shards there are. */
export const SHARDS_LOOK_MS = 1_000;

export interface OpenShardsOptions {
  readonly keyPrefix: string;
  /** Always in the same order; the first holds the store. */
  readonly servers: readonly Server[];
  /** The number of shards, where the installation is a new one. */
  readonly count: number;
  /** The names of those that this process has to do with; absent: all. */
  readonly only?: readonly string[];
}

export interface OpenShards extends Shards {
  readonly store: Store;
  /** Which shards there are, as this process has read it last. */
  map(): ShardMap;
  /** How many servers the setting names. */
  readonly servers: number;
  /** The names of those that share what all keep together, such as a destination's rate. */
  sharing(): readonly string[];
  /** All that the installation has; null where this process has to do with some alone, or one is missing. */
  whole(): readonly Shard[] | null;
  /** The names of the shards whose server has not answered yet. */
  missing(): readonly string[];
  /**
   * Looks which shards there are, and connects to those that are new or missing. @throws what Redis throws.
   */
  refresh(): Promise<void>;
  disconnect(): void;
}

/**
 * @throws what connecting to the store's server throws, `redis_newer`; `settings_invalid` where the store
 * names a server that is not there.
 */
export async function openShards(options: OpenShardsOptions): Promise<OpenShards> {
  const { keyPrefix, servers } = options;
  const connections = createConnections(servers);
  const store = createStore(await connections.open(0, storeTag(keyPrefix)), keyPrefix);
  try {
    return await openWith(store, connections, options);
  } catch (error) {
    // A connection that nobody was given would be made again for ever.
    connections.disconnect();
    throw error;
  }
}

async function openWith(
  store: Store,
  connections: Connections,
  { keyPrefix, servers, count, only }: OpenShardsOptions,
): Promise<OpenShards> {
  await checkFormat(store);
  let map = await beginShardMap(store, keyPrefix, { count, servers: servers.length, now: Date.now() });
  const shards = new Map<string, Shard>();
  const connect = async (): Promise<void> => {
    const wanted = map.shards.filter(({ name }) => !shards.has(name) && isMeant(name, only));
    await Promise.all(
      wanted.map(async ({ name, server }) => {
        const redis = await connections.open(server, shardTag(keyPrefix, name)).catch(passUnavailable);
        const part = () => partOf(map, name, Date.now());
        if (redis !== null) shards.set(name, createShard(redis, keyPrefix, name, part));
      }),
    );
    const known = new Set(map.shards.map(({ name }) => name));
    for (const name of shards.keys()) if (!known.has(name)) shards.delete(name);
  };
  await connect();
  const look = async (): Promise<void> => {
    const latest = await readShardMap(store);
    // The same object while nothing has changed: what was made of it is made once.
    if (latest.version !== map.version) map = latest;
    await connect();
  };
  let looking = Promise.resolve();
  const found = createShards(
    () => map,
    (name) => shards.get(name) ?? null,
    Date.now,
  );
  return {
    ...found,
    get all() {
      return found.all;
    },
    store,
    map: () => map,
    servers: servers.length,
    sharing: () => sharingNames(map, Date.now()),
    whole: () => (found.all.length === map.shards.length ? found.all : null),
    missing: () => namesOf(map).filter((name) => !shards.has(name) && isMeant(name, only)),
    // Two at a time would each make a shard of its own of the same one.
    refresh: () => (looking = looking.then(look, look)),
    disconnect: connections.disconnect,
  };
}

function isMeant(name: string, only: readonly string[] | undefined): boolean {
  return only === undefined || only.includes(name);
}

/** It is tried again with the next look. */
function passUnavailable(error: unknown): null {
  if (error instanceof PostriderError && error.code === "redis_unavailable") return null;
  throw error;
}

type Connections = ReturnType<typeof createConnections>;

/**
 * One connection to each server, whatever is on it, and one to a Cluster for each hash tag; one that fails is
 * tried again when it is asked for.
 */
function createConnections(servers: OpenShardsOptions["servers"]) {
  const connecting = new Map<string, Promise<RedisClient>>();
  const open = new Set<RedisClient>();
  let isOver = false;
  return {
    async open(index: number, tag: string): Promise<RedisClient> {
      const server = servers[index];
      if (server === undefined)
        throw new PostriderError(
          "settings_invalid",
          `${servers.length} servers are named, and a shard is on number ${index + 1}; name all that the installation has, in the same order`,
        );
      const key = server.isCluster ? `${index} ${tag}` : String(index);
      const known = connecting.get(key);
      if (known !== undefined) return known;
      const connection = server.connect(tag);
      connecting.set(key, connection);
      try {
        const redis = await connection;
        open.add(redis);
        // It was being made while all were let go: nobody else would let go of it.
        if (isOver) redis.disconnect();
        return redis;
      } catch (error) {
        connecting.delete(key);
        throw error;
      }
    },
    disconnect(): void {
      isOver = true;
      for (const redis of open) redis.disconnect();
    },
  };
}
