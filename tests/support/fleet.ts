// Worker processes over one Redis for tests of faults, and the account that must balance when all is over.

import type { RunOrder } from "@postrider/producer/enqueue/enqueue-many";
import type { Producer } from "@postrider/producer/producer";
import type { Run } from "@postrider/producer/runs/run";
import { hasCode } from "@postrider/shared/errors";
import { expect } from "vitest";
import { EVENTUALLY_MS, eventually } from "./eventually.ts";
import { shardKeys } from "./keys.ts";
import { LOOPBACK } from "./network.ts";
import { openRedis } from "./open-redis.ts";
import { type StartedProcess, startPostrider, startProcess } from "./processes.ts";
import type { Receiver } from "./receiver.ts";

const QUIET = {
  POSTRIDER_METRICS_PORT: "0",
  POSTRIDER_METRICS_HOST: "127.0.0.1",
  POSTRIDER_LOG_LEVEL: "warn",
  POSTRIDER_SHUTDOWN_GRACE_MS: "2000",
} as const;

/**
 * For tests in which workers die: what they held is taken up within seconds. Shorter ones, or short ones
 * elsewhere, would have a slow machine send twice: a claim is renewed at half its time.
 */
export const SHORT_CLAIMS = { POSTRIDER_LOCK_MS: "5000", POSTRIDER_STALLED_CHECK_MS: "500" } as const;

export interface Fleet {
  readonly redisUrl: string;
  /** Those that were started and have not ended. */
  readonly running: readonly StartedProcess[];
  /** Waits until all that were started serve their lanes. */
  untilServing(): Promise<void>;
  /** Starts one more worker; the settings are environment variables. */
  start(environment?: Record<string, string>): StartedProcess;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts so many workers with the same settings. */
export function startFleet(
  redisUrl: string,
  count: number,
  environment: Record<string, string> = {},
  preload?: string,
): Fleet {
  const running = new Set<StartedProcess>();
  const fleet: Fleet = {
    redisUrl,
    get running() {
      return [...running];
    },
    async untilServing() {
      const redis = openRedis(redisUrl);
      try {
        await eventually(async () =>
          expect(await redis.zcard(shardKeys.workers())).toBeGreaterThanOrEqual(running.size),
        );
      } finally {
        redis.disconnect();
      }
    },
    start(more = {}) {
      const all = { ...QUIET, POSTRIDER_REDIS_URL: redisUrl, ...environment, ...more };
      const worker =
        preload === undefined
          ? startPostrider(["worker"], all)
          : startProcess(process.execPath, ["--import", preload, CLI, "worker"], { ...LOOPBACK, ...all });
      running.add(worker);
      void worker.exited.then(() => running.delete(worker));
      return worker;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((worker) => worker[Symbol.asyncDispose]()));
    },
  };
  for (let started = 0; started < count; started++) fleet.start();
  return fleet;
}

const CLI = "packages/cli/bin/postrider.js";

/** Waits until nothing of a run waits or is in flight. */
export async function untilOver(producer: Producer, run: string, limitMs = EVENTUALLY_MS): Promise<Run> {
  return eventually(async () => {
    const found = await producer.runs.get(run);
    expect({ waiting: found.waiting, inFlight: found.inFlight }).toEqual({ waiting: 0, inFlight: 0 });
    return found;
  }, limitMs);
}

/** What the receiver saw, counted. */
export function countRequests(receivers: readonly Receiver[]): { unique: number; doubled: number } {
  const seen = receivers.flatMap((receiver) => [...receiver.byKey().values()]);
  return {
    unique: seen.length,
    doubled: seen.reduce((sum, requests) => sum + requests.length - 1, 0),
  };
}

/**
 * As a campaign engine does it: the same run again, for as long as Redis cannot be reached or has lost some
 * of it.
 */
export async function enqueueUntilTaken(producer: Producer, order: RunOrder, limitMs: number): Promise<void> {
  await eventually(async () => {
    try {
      await producer.enqueueMany(order);
    } catch (error) {
      expect(["redis_unavailable", "redis_lost"].some((code) => hasCode(error, code as never))).toBe(true);
      throw error;
    }
  }, limitMs);
}
