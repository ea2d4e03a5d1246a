// The Redis of a soak: one server, or several that are shards, of which one dies now and then and comes back
// with what it has kept.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import type { ProducerOptions } from "@postrider/producer/producer";
import { keyPrefix } from "../support/key-prefix.ts";
import { shardKeys } from "../support/keys.ts";
import { closedPort } from "../support/network.ts";
import { openRedis } from "../support/open-redis.ts";
import { redisBinary } from "../support/redis.ts";
import { startShardServers, sumOf } from "../support/shards.ts";
import type { Random } from "./chance.ts";

export interface SoakRedis {
  /** Of the first server. */
  readonly firstUrl: string;
  /** As the setting has it. */
  readonly setting: string;
  readonly options: ProducerOptions;
  /** A server is killed and comes back. */
  disturb(random: Random): Promise<void>;
  /** Deliveries ever enqueued and ended, over all shards. */
  readTotals(): Promise<{ readonly enqueued: number; readonly ended: number }>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Nothing that was acknowledged is lost with a server. */
const DURABLE = { appendFsync: "always" } as const;
/** So long a server is away at most, while the others go on. */
const AWAY_MS_MAX = 5_000;

export async function startOneRedis(): Promise<SoakRedis> {
  const directory = await mkdtemp(join(tmpdir(), "postrider-test-redis-"));
  const server = { binary: redisBinary(), directory, port: await closedPort(), ...DURABLE };
  let redis = await startRedisServer(server);
  const { url } = redis;
  return {
    firstUrl: url,
    setting: url,
    options: { redis: url },
    async disturb() {
      await redis.kill();
      redis = await startRedisServer(server);
    },
    async readTotals() {
      const client = openRedis(url);
      const [enqueued, ended] = await client.hmget(shardKeys.totals(), "enqueued", "ended");
      client.disconnect();
      return { enqueued: Number(enqueued), ended: Number(ended) };
    },
    async [Symbol.asyncDispose]() {
      await redis.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** Each is one shard. */
export async function startShardedRedis(count: number): Promise<SoakRedis> {
  const servers = await startShardServers(count, DURABLE);
  const [firstUrl = ""] = servers.urls;
  return {
    firstUrl,
    setting: servers.urls.join(" "),
    options: { redis: firstUrl, servers: servers.urls, shards: count, keyPrefix },
    async disturb(random) {
      const victim = Math.floor(random() * count);
      await servers.kill(victim);
      await setTimeout(random() * AWAY_MS_MAX);
      await servers.restart(victim);
    },
    async readTotals() {
      const read = servers
        .toShards(count)
        .map(({ redis, keys }) => redis.hmget(keys.totals(), "enqueued", "ended"));
      const totals = await Promise.all(read);
      const sum = (place: number): number => sumOf(totals.map((one) => Number(one[place] ?? 0)));
      return { enqueued: sum(0), ended: sum(1) };
    },
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  };
}
