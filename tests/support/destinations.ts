// One worker's view of destinations, without the worker: the registry and the counts in Redis are real,
// findings are the test's.

import { createLaneDirectory, type LaneDirectory } from "@postrider/redis/lane-directory";
import type { Claimed, Finding } from "@postrider/worker/attempt";
import {
  createDestinationTracker,
  type DestinationTracker,
} from "@postrider/worker/destinations/destination-tracker";
import { createFailureWindow } from "@postrider/worker/destinations/failure-window";
import { createInFlight } from "@postrider/worker/in-flight";
import { LazyText } from "@postrider/worker/lazy-text";
import { onTestFinished } from "vitest";
import { toShard } from "./keys.ts";
import { openRedis } from "./open-redis.ts";

export interface View {
  readonly directory: LaneDirectory;
  readonly destinations: DestinationTracker;
  /** So many exchanges with an origin that end alike. */
  meet(origin: string, count: number, finding: Finding): void;
}

export const ACCEPTED = toReply(200);
export const FAILED = toReply(503);

export function toReply(status: number, headers: Record<string, string> = {}): Finding {
  return { kind: "reply", status, headers, body: LazyText.of(""), isCut: false };
}

/** A claimed delivery of an action's version, in a lane. */
export function claimed(lane = "bulk", action = "a@1"): Claimed {
  const delivery = { v: 1, action, customer: { id: "c" }, maxAgeMs: 1_000, enqueuedAt: 0 };
  const facts = {
    id: "d",
    token: "t",
    attempt: 1,
    claims: 1,
    attemptsMax: 3,
    dueAt: 0,
    agesFrom: 0,
    claimedAt: 0,
    trace: null,
  };
  return { ...facts, lane, delivery: delivery as unknown as Claimed["delivery"] };
}

/** Its connection ends with the test. */
export async function createView(redisUrl: string, now: () => number = Date.now): Promise<View> {
  const redis = openRedis(redisUrl);
  onTestFinished(() => redis.disconnect());
  const directory = createLaneDirectory(toShard(redis), now);
  await directory.refresh();
  const circuit = {
    circuitFailurePercent: 50,
    circuitAttemptsMin: 20,
    circuitWindowMs: 60_000,
    circuitPauseMs: 5_000,
    circuitPauseMaxMs: 600_000,
  };
  const destinations = createDestinationTracker({
    directory,
    failures: createFailureWindow(toShard(redis), circuit.circuitWindowMs),
    inFlight: createInFlight(now),
    scout: () => Promise.resolve(false),
    concurrency: () => 100,
    circuit,
    now,
  });
  return {
    directory,
    destinations,
    meet(origin, count, finding) {
      for (let met = 0; met < count; met++) void destinations.begin(claimed(), origin)(finding);
    },
  };
}
