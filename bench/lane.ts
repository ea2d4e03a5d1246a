// The bench's own hand on Redis: it fills, pauses, resumes and watches the lane that all cases share, in as
// many shards as it has, and reads what Redis spends. It refuses a Redis that holds anything, since it
// empties it between rounds.

import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { LANE, PREFIXES } from "./workload.ts";

export interface Lane {
  /** Stops claims; what is added from now on waits. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Deliveries that have not ended. */
  left(): Promise<number>;
  /** How many failed for good, and why the first did; null when none. */
  failures(): Promise<string | null>;
  /** Empties Redis, its append-only file included. */
  clear(): Promise<void>;
  /** CPU time, user and system, that Redis has used so far, without that of its children. */
  cpuMicros(): Promise<number>;
  /** Memory used for data. */
  dataBytes(): Promise<number>;
  /** Bytes that Redis has read from the network, and written to it. */
  networkBytes(): Promise<{ readonly read: number; readonly written: number }>;
  /** Connections to Redis, the bench's own ones among them. */
  connections(): Promise<number>;
  /** Redis' own, for the report. */
  version(): Promise<string>;
  close(): Promise<void>;
}

/** @throws when the Redis is not empty. */
export async function openLane(url: string): Promise<Lane> {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  if ((await redis.dbsize()) > 0) {
    redis.disconnect();
    throw new Error("the bench empties its Redis between rounds, and this one holds data");
  }
  // A rewrite of the append-only file in the middle of a round would be counted in nobody's favour: `clear`
  // does it.
  await redis.config("SET", "auto-aof-rewrite-percentage", "0");
  // Without the update of BullMQ's meta key: each case sets its own event stream's length there.
  const queues = PREFIXES.map(
    (prefix) => new Queue(LANE, { connection: redis, prefix, skipMetasUpdate: true }),
  );
  const keys = (part: string) => PREFIXES.map((prefix) => `${prefix}:${LANE}:${part}`);

  return {
    pause: async () => void (await Promise.all(queues.map((queue) => queue.pause()))),
    resume: async () => void (await Promise.all(queues.map((queue) => queue.resume()))),
    async left() {
      const pipeline = redis.pipeline();
      for (const list of [...keys("wait"), ...keys("active")]) pipeline.llen(list);
      for (const set of [...keys("prioritized"), ...keys("delayed")]) pipeline.zcard(set);
      const replies = await pipeline.exec();
      return (replies ?? []).reduce(
        (sum, [error, count]) => sum + (error === null ? Number(count) : Number.NaN),
        0,
      );
    },
    async failures() {
      for (const prefix of PREFIXES) {
        const ids = await redis.zrange(`${prefix}:${LANE}:failed`, "0", "-1");
        const [first] = ids;
        if (first === undefined) continue;
        const reason = await redis.hget(`${prefix}:${LANE}:${first}`, "failedReason");
        return `${ids.length} failed, ${first} for: ${reason}`;
      }
      return null;
    },
    async clear() {
      await redis.flushall("SYNC");
      await rewriteFile(redis);
    },
    async cpuMicros() {
      const info = await redis.info("cpu");
      return Math.round((toNumber(info, "used_cpu_user") + toNumber(info, "used_cpu_sys")) * 1e6);
    },
    async dataBytes() {
      const info = await redis.info("memory");
      // Buffers come and go with traffic, and are nobody's deliveries.
      return (
        toNumber(info, "used_memory") -
        toNumber(info, "mem_clients_normal") -
        toNumber(info, "mem_aof_buffer")
      );
    },
    async networkBytes() {
      const info = await redis.info("stats");
      return {
        read: toNumber(info, "total_net_input_bytes"),
        written: toNumber(info, "total_net_output_bytes"),
      };
    },
    async connections() {
      return toNumber(await redis.info("clients"), "connected_clients");
    },
    async version() {
      return /^redis_version:(\S+)/m.exec(await redis.info("server"))?.[1] ?? "unknown";
    },
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}

const POLL_MS = 20;

async function rewriteFile(redis: Redis): Promise<void> {
  if (toNumber(await redis.info("persistence"), "aof_enabled") !== 1) return;
  await redis.bgrewriteaof();
  let isRewriting = true;
  while (isRewriting) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const info = await redis.info("persistence");
    isRewriting = toNumber(info, "aof_rewrite_in_progress") + toNumber(info, "aof_rewrite_scheduled") > 0;
  }
}

function toNumber(info: string, field: string): number {
  const value = new RegExp(`^${field}:([\\d.]+)`, "m").exec(info)?.[1];
  if (value === undefined) throw new Error(`Redis does not tell ${field}`);
  return Number(value);
}
