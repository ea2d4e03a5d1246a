import { expect, test } from "vitest";
import { MEASURED_COSTS } from "./measured-costs.ts";
import { type CapacityPlan, PROCESS_USE, planCapacity, REDIS_USE } from "./plan-capacity.ts";
import { readCurve } from "./plan-costs.ts";
import { toPlanRows } from "./plan-rows.ts";
import type { PlannedLoad } from "./planned-load.ts";

const SETTINGS = {
  lanes: ["transactional", "bulk"],
  shards: 1,
  ownLanesMax: 256,
  idempotencyWindowMs: 86_400_000,
  outcomesKept: 2_000_000,
};

const LOAD: PlannedLoad = {
  ratePerSecond: 1_000,
  latencyMs: 100,
  backlog: 1_000_000,
  payloadBytes: 1_000,
  failures: 0,
  perDay: 10_000_000,
  ownLanes: 0,
};

function plan(load: Partial<PlannedLoad> = {}): CapacityPlan {
  return planCapacity({ ...LOAD, ...load }, SETTINGS, MEASURED_COSTS);
}

test("a curve goes straight between its points, and on beyond the last", () => {
  const curve = [
    [0, 10],
    [10, 20],
    [20, 40],
  ] as const;

  expect([0, 5, 10, 15, 20, 30].map((at) => readCurve(curve, at))).toEqual([10, 15, 20, 30, 40, 60]);
});

test("what is in flight follows from rate and latency, and slots have room for what comes unevenly", () => {
  const { workers } = plan();

  expect(workers.inFlight).toBe(100);
  expect(workers.processes).toBe(1);
  expect(workers.concurrency).toBeGreaterThanOrEqual(1.5 * workers.inFlight);
  // Few in flight need no fewer slots than the setting gives.
  expect(plan({ latencyMs: 1 }).workers.concurrency).toBe(100);
});

test("failures are attempts more, and wait in Redis until they are tried again", () => {
  const failing = plan({ failures: 0.5 });

  expect(plan().attemptsPerSecond).toBe(1_000);
  expect(failing.attemptsPerSecond).toBeCloseTo(2_000, -1);
  expect(failing.workers.inFlight).toBeCloseTo(2 * plan().workers.inFlight, -1);
  expect(plan().shards.memory.retries).toBe(0);
  expect(failing.shards.memory.retries).toBeGreaterThan(0);
});

test("no process and no Redis is busier than it may be, at any rate", () => {
  for (const ratePerSecond of [1, 100, 3_000, 10_000, 50_000, 300_000, 1_000_000]) {
    const { workers, shards } = plan({ ratePerSecond });
    expect(workers.cores / workers.processes).toBeLessThanOrEqual(PROCESS_USE);
    expect(shards.cores / shards.count).toBeLessThanOrEqual(REDIS_USE);
    // So that one of a shard's workers may be lost.
    if (workers.processes > 1)
      expect(workers.processes * shards.perProcess).toBeGreaterThanOrEqual(2 * shards.count);
  }
});

test("slots of a process are bounded, so that slow destinations take more processes", () => {
  const { workers } = plan({ latencyMs: 30_000 });

  expect(workers.processes).toBeGreaterThan(plan().workers.processes);
  expect(workers.concurrency).toBeLessThanOrEqual(5_000);
  expect(workers.processes * workers.concurrency).toBeGreaterThanOrEqual(30_000);
});

test("connections of a process: one to each shard, and one for each lane there", () => {
  expect(plan().shards.connections).toBe(3);
  expect(plan({ ownLanes: 10 }).shards.connections).toBe(13);
  // More than a process serves are shared out.
  expect(plan({ ownLanes: 10_000 }).shards.connections).toBe(259);
});

test("memory is what waits and what is remembered, no longer than that is", () => {
  const { memory } = plan().shards;
  const none = planCapacity(
    LOAD,
    { ...SETTINGS, outcomesKept: 0, idempotencyWindowMs: 60_000 },
    MEASURED_COSTS,
  );

  expect(memory.waiting).toBe(1_000_000 * readCurve(MEASURED_COSTS.waitingBytes, 1_000));
  expect(memory.ended).toBe(10_000_000 * MEASURED_COSTS.endedBytes);
  expect(memory.sum).toBe(memory.waiting + memory.retries + memory.ended + memory.outcomes);
  expect(memory.maxMemory).toBeGreaterThan(memory.sum);
  expect(none.shards.memory).toMatchObject({ outcomes: 0, ended: 60_000 * MEASURED_COSTS.endedBytes });
});

test("each figure of a plan has a row that says what it is for", () => {
  const rows = toPlanRows(plan({ ratePerSecond: 1_000_000 }));

  expect(rows.map(([what]) => what)).toEqual([
    "attempts",
    "worker processes",
    "POSTRIDER_CONCURRENCY",
    "open files",
    "network",
    "shards",
    "shards per process",
    "Redis connections",
    "maxmemory",
    "Redis network",
  ]);
  for (const [, figure, why] of rows) {
    expect(figure).toMatch(/^\d[\d,.]*(\/s| [KMGTP]?B| [kMGT]?bit\/s)?$/);
    expect(why.length).toBeGreaterThan(10);
  }
});
