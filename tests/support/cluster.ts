// A real Redis Cluster on this machine: masters, each with a replica.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOnPath, type RedisServer, startRedisServer } from "@postrider/cli/redis/redis-server";
import { slotOfTag } from "@postrider/redis/cluster-slots";
import { Redis } from "ioredis";
import { eventually } from "./eventually.ts";
import { closedPort } from "./network.ts";

const SLOTS = 16_384;
const READY_MS = 300_000;
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
  /** By which it is spoken to. */
  readonly port: number;
  /** By which the Cluster knows it. */
  readonly id: string;
  readonly redis: Redis;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Any signal; one that stands still (SIGSTOP) keeps its connections. */
  signal(name: NodeJS.Signals): void;
  /** Starts a killed one again, with what it has kept. */
  restart(): Promise<void>;
}

export interface RedisCluster {
  /** As a setting names it. */
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  /** The master that has a hash tag's keys now. */
  masterOf(tag: string): Promise<ClusterNode>;
  /** Moves the slot of a hash tag with all its keys to another master, as resharding does. */
  moveSlot(tag: string, to: ClusterNode): Promise<void>;
  /** Begins to move it. @returns what ends it, with all its keys. */
  beginMove(tag: string, to: ClusterNode): Promise<() => Promise<void>>;
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
  const binary = findOnPath(["redis-server", "valkey-server"], process.env["PATH"] ?? "");
  if (binary === null) throw new Error("this needs redis-server, and there is none on the PATH");
  const running = new Map<number, RedisServer>();
  const startOnce = async (index: number): Promise<ClusterNode> => {
    const own = ["--cluster-enabled", "yes", "--cluster-port", String(await closedPort())];
    const tlsPort = tls === undefined ? null : await closedPort();
    if (tls !== undefined && tlsPort !== null)
      own.push(...toTlsSettings(tlsPort, tls), "--tls-auth-clients", "no", "--tls-cluster", "yes");
    const more = ["--cluster-node-timeout", String(nodeTimeoutMs), "--repl-diskless-sync-delay", "0"];
    const settingsOfNode = [...own, ...more, ...settings];
    const directory = join(root, String(index));
    const wanted = { binary, directory, port: await closedPort(), settings: settingsOfNode };
    let server = await startRedisServer(wanted);
    running.set(index, server);
    const redis = new Redis(server.url, { replyMapping: "legacy" });
    redis.on("error", () => undefined);
    return {
      redis,
      port: tlsPort ?? server.port,
      id: String(await redis.cluster("MYID")),
      kill: () => server.kill(),
      signal: (name) => void process.kill(server.pid, name),
      async restart() {
        server = await startRedisServer(wanted);
        running.set(index, server);
      },
    };
  };
  // Somebody else may take one of its ports before it does.
  const start = (index: number) => startOnce(index).catch(() => startOnce(index));
  const nodes = await Promise.all(Array.from({ length: count }, (_, index) => start(index)));
  const scheme = tls === undefined ? "redis" : "rediss";
  const cluster: RedisCluster = {
    ...toCluster(nodes),
    url: `${scheme}+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    async [Symbol.asyncDispose]() {
      for (const { redis } of nodes) redis.disconnect();
      await Promise.all([...running.values()].map((server) => server.stop()));
      await rm(root, { recursive: true, force: true });
    },
  };
  await meet(nodes, masters);
  await cluster.untilSound();
  return cluster;
}

function toCluster(nodes: readonly ClusterNode[]): Omit<RedisCluster, "url" | typeof Symbol.asyncDispose> {
  const alive = (): ClusterNode[] => nodes.filter(({ redis }) => redis.status === "ready");
  return {
    nodes,
    async masterOf(tag) {
      const slot = slotOfTag(tag);
      const [one] = alive();
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
      const end = await this.beginMove(tag, to);
      await end();
    },
    async beginMove(tag, to) {
      const from = await this.masterOf(tag);
      const slot = slotOfTag(tag);
      await to.redis.cluster("SETSLOT", slot, "IMPORTING", from.id);
      await from.redis.cluster("SETSLOT", slot, "MIGRATING", to.id);
      return async () => {
        while (await moveKeys(slot, from, to)) {
          // Until there is none.
        }
        for (const { redis } of [to, from]) await redis.cluster("SETSLOT", slot, "NODE", to.id);
      };
    },
    async untilSound() {
      await eventually(async () => {
        for (const { redis } of alive()) {
          demand(String(await redis.cluster("INFO")), `cluster_state:ok`, `cluster_slots_ok:${SLOTS}`);
          const replication = await redis.info("replication");
          if (replication.includes("role:slave")) demand(replication, "master_link_status:up");
        }
      }, READY_MS);
    },
  };
}

/** @returns whether there was any. */
async function moveKeys(slot: number, from: ClusterNode, to: ClusterNode): Promise<boolean> {
  const keys = (await from.redis.cluster("GETKEYSINSLOT", slot, KEYS_MOVED)) as string[];
  const target = ["127.0.0.1", String(to.port), "", "0", String(READY_MS)];
  if (keys.length > 0) await from.redis.call("MIGRATE", ...target, "KEYS", ...keys);
  return keys.length > 0;
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
    await eventually(
      async () => demand(String(await redis.cluster("INFO")), `cluster_known_nodes:${nodes.length}\r`),
      READY_MS,
    );
  for (const [index, { redis }] of nodes.slice(masters).entries()) {
    const master = nodes[index];
    // Refused until it has heard who the other is.
    await eventually(async () => void (await redis.cluster("REPLICATE", master?.id ?? "")), READY_MS);
  }
}

function demand(info: string, ...lines: readonly string[]): void {
  for (const line of lines) if (!info.includes(line)) throw new Error(`no ${line} in ${info}`);
}
