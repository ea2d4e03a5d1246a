// A real Redis Cluster on this machine: masters, each with a replica.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisServer, startRedisServer } from "@postrider/cli/redis/redis-server";
import { slotOfTag } from "@postrider/redis/cluster-slots";
import { Redis } from "ioredis";
import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import { closedPort } from "./network.ts";
import { redisBinary } from "./redis.ts";

const SLOTS = 16_384;
const READY_MS = 60_000;
/** With one command. */
const KEYS_MOVED = 5;

export interface ClusterOptions {
  readonly masters?: number;
  /** Of each master: none or one. */
  readonly replicas?: 0 | 1;
  /** So soon a master that does not answer is taken for dead. */
  readonly nodeTimeoutMs?: number;
  /** More of redis.conf, for all servers. */
  readonly settings?: readonly string[];
  /** Each server listens with it, on a port of its own, and speaks so to the others. */
  readonly tls?: TlsFiles;
}

/** Paths. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** redis.conf's settings of a server that listens so. */
export function toTlsSettings(port: number, { ca, cert, key }: TlsFiles): string[] {
  const files = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca];
  return ["--tls-port", String(port), ...files];
}

export interface ClusterNode {
  readonly server: RedisServer;
  /** By which it is spoken to. */
  readonly port: number;
  /** By which the Cluster knows it. */
  readonly id: string;
  readonly redis: Redis;
}

export interface RedisCluster {
  /** As a setting names it. */
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  /** The master that has a hash tag's keys now. */
  masterOf(tag: string): Promise<ClusterNode>;
  /** Moves the slot of a hash tag with all its keys to another master, as resharding does. */
  moveSlot(tag: string, to: ClusterNode): Promise<void>;
  /** Waits until every server knows of all slots and every replica is up to date. */
  untilSound(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startCluster({
  masters = 3,
  replicas = 1,
  nodeTimeoutMs = 5_000,
  settings = [],
  tls,
}: ClusterOptions = {}): Promise<RedisCluster> {
  const root = await mkdtemp(join(tmpdir(), "postrider-test-cluster-"));
  const count = masters * (1 + replicas);
  const start = async (index: number): Promise<ClusterNode> => {
    const own = ["--cluster-enabled", "yes", "--cluster-port", String(await closedPort())];
    const tlsPort = tls === undefined ? null : await closedPort();
    if (tls !== undefined && tlsPort !== null)
      own.push(...toTlsSettings(tlsPort, tls), "--tls-auth-clients", "no", "--tls-cluster", "yes");
    const more = ["--cluster-node-timeout", String(nodeTimeoutMs), "--repl-diskless-sync-delay", "0"];
    const server = await startRedisServer({
      binary: redisBinary(),
      directory: join(root, String(index)),
      settings: [...own, ...more, ...settings],
    });
    const redis = new Redis(server.url, { replyMapping: "legacy" });
    redis.on("error", () => undefined);
    return { server, redis, port: tlsPort ?? server.port, id: String(await redis.cluster("MYID")) };
  };
  const nodes = await Promise.all(Array.from({ length: count }, (_, index) => start(index)));
  const cluster = toCluster(nodes, root, tls === undefined ? "redis" : "rediss");
  await meet(nodes, masters);
  await cluster.untilSound();
  return cluster;
}

function toCluster(nodes: readonly ClusterNode[], root: string, scheme: string): RedisCluster {
  const alive = async (): Promise<ClusterNode[]> => {
    const found = await Promise.all(nodes.map(({ redis }) => redis.status === "ready"));
    return nodes.filter((_, index) => found[index]);
  };
  return {
    url: `${scheme}+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    nodes,
    async masterOf(tag) {
      const slot = slotOfTag(tag);
      const [one] = await alive();
      const ranges = ((await one?.redis.cluster("SLOTS")) ?? []) as unknown as [
        number,
        number,
        [string, number, string],
      ][];
      const id = ranges.find(([first, last]) => first <= slot && slot <= last)?.[2][2];
      const master = nodes.find((node) => node.id === id);
      if (master === undefined) throw new Error(`no master has slot ${slot}`);
      return master;
    },
    async moveSlot(tag, to) {
      const from = await this.masterOf(tag);
      const slot = slotOfTag(tag);
      await to.redis.cluster("SETSLOT", slot, "IMPORTING", from.id);
      await from.redis.cluster("SETSLOT", slot, "MIGRATING", to.id);
      const target = ["127.0.0.1", String(to.server.port), "", "0", String(READY_MS)];
      for (;;) {
        const keys = (await from.redis.cluster("GETKEYSINSLOT", slot, KEYS_MOVED)) as string[];
        if (keys.length === 0) break;
        await from.redis.call("MIGRATE", ...target, "KEYS", ...keys);
      }
      for (const { redis } of [to, from]) await redis.cluster("SETSLOT", slot, "NODE", to.id);
    },
    async untilSound() {
      await eventually(async () => {
        for (const { redis } of await alive()) {
          const info = String(await redis.cluster("INFO"));
          expect(info).toMatch(/cluster_state:ok/);
          expect(info).toMatch(new RegExp(`cluster_slots_ok:${SLOTS}`));
          const replication = await redis.info("replication");
          if (replication.includes("role:slave")) expect(replication).toMatch(/master_link_status:up/);
        }
      }, READY_MS);
    },
    async [Symbol.asyncDispose]() {
      for (const { redis } of nodes) redis.disconnect();
      await Promise.all(nodes.map(({ server }) => server.stop()));
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Makes one Cluster of servers that do not know each other: the first are masters, the others replicas. */
async function meet(nodes: readonly ClusterNode[], masters: number): Promise<void> {
  const [first, ...others] = nodes;
  if (first === undefined) throw new Error("a Cluster has servers");
  const border = (index: number): number => Math.floor((index * SLOTS) / masters);
  for (const [index, { redis }] of nodes.slice(0, masters).entries())
    await redis.cluster("ADDSLOTSRANGE", border(index), border(index + 1) - 1);
  const [, bus] = (await first.redis.config("GET", "cluster-port")) as string[];
  for (const { redis } of others) await redis.cluster("MEET", "127.0.0.1", first.port, Number(bus));
  for (const { redis } of nodes)
    await eventually(async () => {
      expect(String(await redis.cluster("INFO"))).toMatch(
        new RegExp(`cluster_known_nodes:${nodes.length}\\b`),
      );
    }, READY_MS);
  for (const [index, { redis }] of nodes.slice(masters).entries()) {
    const master = nodes[index];
    // Refused until it has heard who the other is.
    await eventually(async () => void (await redis.cluster("REPLICATE", master?.id ?? "")), READY_MS);
  }
}
