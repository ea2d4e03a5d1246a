// A plan as people read it.

import { type CapacityPlan, PROCESS_USE, REDIS_USE } from "./plan-capacity.ts";

/** What, how much, and why. */
export type PlanRow = readonly [what: string, plan: string, why: string];

export function toPlanRows({ attemptsPerSecond, workers, shards }: CapacityPlan): readonly PlanRow[] {
  const { memory } = shards;
  const each = shards.count === 1 ? "" : ", of each shard";
  return [
    ["attempts", `${describeAmount(attemptsPerSecond)}/s`, "deliveries, and those that are tried again"],
    [
      "worker processes",
      String(workers.processes),
      `${describeAmount(workers.cores)} cores busy; one core each, at most ${percent(PROCESS_USE)} of it`,
    ],
    [
      "POSTRIDER_CONCURRENCY",
      String(workers.concurrency),
      `${describeAmount(workers.inFlight / workers.processes)} in flight in each, and half as many again`,
    ],
    ["open files", String(workers.openFiles), "of each process: ulimit -n"],
    ["network", describeBits(workers.networkBits), "of all requests and their answers"],
    [
      "shards",
      String(shards.count),
      `${describeAmount(shards.cores)} cores of Redis busy; one each, at most ${percent(REDIS_USE)} of it; its limit here ${describeAmount(shards.limitPerSecond)}/s`,
    ],
    [
      "shards per process",
      String(shards.perProcess),
      "POSTRIDER_SERVE_SHARDS: fewer, larger groups cost less",
    ],
    ["Redis connections", String(shards.connections), `of workers${each}: maxclients`],
    [
      "maxmemory",
      describeBytes(memory.maxMemory),
      `waiting ${describeBytes(memory.waiting)}, retries ${describeBytes(memory.retries)}, ended ${describeBytes(memory.ended)} (POSTRIDER_IDEMPOTENCY_WINDOW_MS), outcomes ${describeBytes(memory.outcomes)}${each}`,
    ],
    ["Redis network", describeBits(shards.networkBits), `read and written${each}`],
  ];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Two digits, or all of them from a hundred on. */
export function describeAmount(value: number): string {
  if (value >= 100) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
  return Number(value.toPrecision(2)).toString();
}

const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];
const BIT_UNITS = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];

/** In powers of a thousand. */
export function describeBytes(bytes: number): string {
  return inUnits(bytes, BYTE_UNITS);
}

function describeBits(perSecond: number): string {
  return inUnits(perSecond, BIT_UNITS);
}

function inUnits(value: number, units: readonly string[]): string {
  let [rest, unit] = [value, 0];
  while (rest >= 1_000 && unit < units.length - 1) {
    rest /= 1_000;
    unit += 1;
  }
  return `${describeAmount(rest)} ${units[unit]}`;
}
