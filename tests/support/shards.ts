// Installations with several shards, on Redis servers of their own.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisServer, type ServerOptions, startRedisServer } from "@postrider/cli/redis/redis-server";
import { createShard, type Shard, type Store } from "@postrider/redis/shard";
import { readShardMap } from "@postrider/redis/shard-map";
import { Redis } from "ioredis";
import { keyPrefix } from "./key-prefix.ts";
import { closedPort } from "./network.ts";
import { redisBinary } from "./redis.ts";

export interface ShardServers {
  readonly urls: readonly string[];
  /** SIGKILL. @param index of the server. */
  kill(index: number): Promise<void>;
  /** Starts a killed one again, with what it has kept. */
  restart(index: number): Promise<void>;
  /** The shards of these names, in turn on the servers, for looking at them. */
  toShards(count: number): readonly Shard[];
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startShardServers(
  count: number,
  options: Partial<ServerOptions> = {},
): Promise<ShardServers> {
  const binary = redisBinary();
  const start = (more: Partial<ServerOptions>) => startRedisServer({ binary, ...options, ...more });
  const root = await mkdtemp(join(tmpdir(), "postrider-test-shards-"));
  const servers: RedisServer[] = await Promise.all(
    Array.from({ length: count }, async (_, index) =>
      start({ directory: join(root, String(index)), port: await closedPort() }),
    ),
  );
  const lookers: Redis[] = [];
  const at = (index: number): RedisServer => {
    const server = servers[index];
    if (server === undefined) throw new Error(`there is no server ${index}`);
    return server;
  };
  return {
    urls: servers.map(({ url }) => url),
    kill: (index) => at(index).kill(),
    async restart(index) {
      const { port, directory } = at(index);
      servers[index] = await start({ port, directory });
    },
    toShards(shards) {
      const connections = servers.map(({ url }) => new Redis(url));
      for (const looker of connections) looker.on("error", () => undefined);
      lookers.push(...connections);
      return Array.from({ length: shards }, (_, index) =>
        createShard(connections[index % count] as Redis, keyPrefix, String(index)),
      );
    },
    async [Symbol.asyncDispose]() {
      for (const looker of lookers) looker.disconnect();
      await Promise.all(servers.map((server) => server.stop()));
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The names of all shards: on a Cluster they were chosen by slot, and nobody can know them before. */
export async function shardNames(store: Store): Promise<readonly string[]> {
  return (await readShardMap(store)).shards.map(({ name }) => name);
}

/** What each shard has counted of a run. */
export function countRun(shards: readonly Shard[], run: string) {
  return Promise.all(
    shards.map(async ({ redis, keys }) => {
      const [enqueued, delivered, closedAt] = await redis.hmget(
        keys.run(run),
        "enqueued",
        "delivered",
        "closedAt",
      );
      return {
        enqueued: Number(enqueued ?? 0),
        delivered: Number(delivered ?? 0),
        isClosed: typeof closedAt === "string",
      };
    }),
  );
}

export function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
