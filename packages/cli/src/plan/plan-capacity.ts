// How large an installation has to be for a load: processes, slots, shards, memory, sockets and network, each
// by one formula over what deliveries were measured to cost (docs/scaling.md has them in words). Pure.

import { type PlanCosts, readCurve } from "./plan-costs.ts";
import { planMemory, type RedisMemory } from "./plan-memory.ts";
import type { PlannedLoad, PlannedSettings } from "./planned-load.ts";

export interface CapacityPlan {
  /** Requests a second, those that fail among them. */
  readonly attemptsPerSecond: number;
  readonly workers: {
    readonly processes: number;
    /** CPU cores that all of them are busy with. */
    readonly cores: number;
    /** Requests in flight in all of them, on average. */
    readonly inFlight: number;
    /** POSTRIDER_CONCURRENCY of each. */
    readonly concurrency: number;
    /** Sockets of each: to destinations, to Redis, and some that are closing. */
    readonly openFiles: number;
    /** Bits a second of all requests and answers. */
    readonly networkBits: number;
  };
  readonly shards: {
    readonly count: number;
    /** Shards that each process serves. */
    readonly perProcess: number;
    /** CPU cores that the Redis of all of them are busy with. */
    readonly cores: number;
    /** Deliveries a second of one Redis that is kept busy, with processes as many as here. */
    readonly limitPerSecond: number;
    /** Of each, of workers. */
    readonly connections: number;
    readonly memory: RedisMemory;
    /** Bits a second of each. */
    readonly networkBits: number;
  };
}

/** Busy part of a process' core, and of a Redis': the rest is for peaks, and the loss of a neighbour. */
export const PROCESS_USE = 0.7;
export const REDIS_USE = 0.6;
/** Slots for what comes unevenly. */
const SLOTS_SPARE = 1.5;
/** As the setting has it; what needs more needs more processes. */
const CONCURRENCY_MAX = 5_000;
const CONCURRENCY_MIN = 100;
/** Attempts of the preset `campaign`, which most deliveries have. */
const ATTEMPTS_MAX = 12;
/** Processes that serve a shard, so that one may be lost. */
const SERVERS_MIN = 2;
const MS = 1_000;

/** @throws RangeError where no size is enough. */
export function planCapacity(load: PlannedLoad, settings: PlannedSettings, costs: PlanCosts): CapacityPlan {
  const attempts = toAttempts(load);
  const inFlight = (attempts * load.latencyMs) / MS;
  const least = { processes: toProcessesForSlots(inFlight), shards: settings.shards };
  const size = findSize(least, { attempts, load, costs });
  const { processes, shards, perProcess } = size;
  const concurrency = toConcurrency(inFlight / processes);
  // One for commands to each server, the store's among them, and one that waits for each lane.
  const served = Math.min(settings.ownLanesMax, load.ownLanes * perProcess);
  const toStore = shards > 1 ? 1 : 0;
  const connections = toStore + perProcess * (1 + settings.lanes.length) + served;
  const bytes = costs.requestBytes + costs.answerBytes + load.payloadBytes;
  return {
    attemptsPerSecond: attempts,
    workers: {
      processes,
      cores: size.nodeMicros / 1e6,
      inFlight,
      concurrency,
      openFiles: concurrency + connections + FILES_SPARE,
      networkBits: BITS * attempts * bytes,
    },
    shards: {
      count: shards,
      perProcess,
      cores: size.redisMicros / 1e6,
      limitPerSecond: load.ratePerSecond / (size.redisMicros / 1e6),
      connections: Math.ceil((processes * connections) / shards),
      memory: planMemory(load, settings, costs, shards),
      networkBits: (BITS * size.redisBytes) / shards,
    },
  };
}

const BITS = 8;
/** Log, listening sockets, files of the process itself, and sockets that are being closed. */
const FILES_SPARE = 100;

/** Each failed one is followed by another, as far as the policy goes. */
function toAttempts({ ratePerSecond, failures }: PlannedLoad): number {
  return (ratePerSecond * (1 - failures ** ATTEMPTS_MAX)) / (1 - failures);
}

/** Slots of a process are bounded. */
function toProcessesForSlots(inFlight: number): number {
  return Math.max(1, Math.ceil((SLOTS_SPARE * inFlight) / CONCURRENCY_MAX));
}

function toConcurrency(inFlight: number): number {
  const slots = Math.max(
    CONCURRENCY_MIN,
    Math.ceil((SLOTS_SPARE * inFlight) / CONCURRENCY_STEP) * CONCURRENCY_STEP,
  );
  return Math.min(CONCURRENCY_MAX, slots);
}

const CONCURRENCY_STEP = 50;

/** CPU time of a process, and of Redis for it, per second of so many attempts in one shard. */
function toNodeMicros(perSecond: number, load: PlannedLoad, costs: PlanCosts): number {
  const { kilobytes, refusals } = toExtras(perSecond, load, costs);
  const extra = kilobytes * costs.nodeMicrosPerKilobyte + refusals * costs.nodeMicrosPerRefusal;
  return readCurve(costs.nodeMicros, perSecond) + extra;
}

function toRedisMicros(perSecond: number, load: PlannedLoad, costs: PlanCosts): number {
  const { kilobytes, refusals } = toExtras(perSecond, load, costs);
  const extra = kilobytes * costs.redisMicrosPerKilobyte + refusals * costs.redisMicrosPerRefusal;
  return readCurve(costs.redisMicros, perSecond) + extra;
}

function toRedisBytes(perSecond: number, load: PlannedLoad, costs: PlanCosts): number {
  const { kilobytes, refusals } = toExtras(perSecond, load, costs);
  const perKilobyte = 1_000 * (costs.redisReadBytesPerByte + costs.redisWrittenBytesPerByte);
  const perRefusal = costs.redisReadBytesPerRefusal + costs.redisWrittenBytesPerRefusal;
  const plain = readCurve(costs.redisReadBytes, perSecond) + readCurve(costs.redisWrittenBytes, perSecond);
  return plain + kilobytes * perKilobyte + refusals * perRefusal;
}

/** What comes on top of what the curves tell. */
function toExtras(perSecond: number, { failures, payloadBytes }: PlannedLoad, costs: PlanCosts) {
  return {
    refusals: perSecond * failures,
    kilobytes: (perSecond * (payloadBytes - costs.payloadBytes)) / 1_000,
  };
}

interface Size {
  readonly processes: number;
  readonly shards: number;
  readonly perProcess: number;
  readonly nodeMicros: number;
  readonly redisMicros: number;
  readonly redisBytes: number;
}

function measureSize(processes: number, shards: number, { attempts, load, costs }: Sized): Size {
  const servers = Math.min(SERVERS_MIN, processes);
  const perProcess = Math.ceil((servers * shards) / processes);
  const each = attempts / processes;
  const more = perProcess - 1;
  const bytesPerShard = costs.redisReadBytesPerShard + costs.redisWrittenBytesPerShard;
  return {
    processes,
    shards,
    perProcess,
    nodeMicros: processes * (toNodeMicros(each, load, costs) + more * costs.nodeMicrosPerShard),
    redisMicros: processes * (toRedisMicros(each, load, costs) + more * costs.redisMicrosPerShard),
    redisBytes: processes * (toRedisBytes(each, load, costs) + more * bytesPerShard),
  };
}

interface Sized {
  readonly attempts: number;
  readonly load: PlannedLoad;
  readonly costs: PlanCosts;
}

const ROUNDS_MAX = 100_000;

/**
 * The fewest processes and shards of which none is too busy. Each shard that a process serves costs both some
 * time, since it is asked in groups of its own: so each serves as few as will do, and both numbers are raised
 * together.
 */
function findSize(least: Pick<Size, "processes" | "shards">, sized: Sized): Size {
  let { processes, shards } = least;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const size = measureSize(processes, shards, sized);
    const moreProcesses = Math.ceil(size.nodeMicros / 1e6 / PROCESS_USE) - processes;
    const moreShards = Math.ceil(size.redisMicros / 1e6 / REDIS_USE) - shards;
    if (moreProcesses <= 0 && moreShards <= 0) return size;
    // In steps, since each makes the other's figure better or worse.
    processes += toStep(moreProcesses);
    shards += toStep(moreShards);
  }
  throw new RangeError("no number of processes and shards is enough for this load");
}

function toStep(more: number): number {
  return more <= 0 ? 0 : Math.max(1, Math.floor(more / 4));
}
