// Many deliveries behind an API that is dead: what do they cost while they wait, and what becomes of them
// afterwards?

import { readFile } from "node:fs/promises";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Fleet, startFleet, untilOver } from "../support/fleet.ts";
import { ok, reply, startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { customers } from "../support/system.ts";

export interface DeadApi {
  readonly count: number;
  /** How long is measured, idle and then with all of them waiting. */
  readonly seconds: number;
  /** From the circuit's opening until all of them are enqueued and wait. */
  readonly settleSeconds: number;
  readonly limitMs: number;
  /** Of the CPU time that idle workers and their Redis take, how much may be taken while all wait. */
  readonly costFactor: number;
}

/**
 * Retries that come after a circuit has opened. With jitter from nothing on, chance lets one delivery of
 * thousands use up its attempts before.
 */
export const NOT_BEFORE_IT_OPENS = { attempts: 3, delaysMs: [4_000] } as const;

/**
 * Measures what the waiting costs against idle, lets the API recover, and checks that all is delivered once a
 * probe has found that out.
 */
export async function waitForNothing({
  count,
  seconds,
  settleSeconds,
  limitMs,
  costFactor,
}: DeadApi): Promise<void> {
  const server = await startRedisServer({ binary: redisBinary() });
  const redis = new Redis(server.url, { replyMapping: "legacy" });
  let isDead = true;
  let refused = 0;
  await using receiver = await startReceiver(() => {
    if (!isDead) return ok();
    refused += 1;
    return reply(503);
  });
  const producer = await createProducer({ redis: server.url });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    retry: NOT_BEFORE_IT_OPENS,
  });
  // The first probe comes when the measurement is over, and finds the API alive.
  await using fleet = startFleet(server.url, 2, {
    POSTRIDER_CONCURRENCY: "20",
    POSTRIDER_CIRCUIT_PAUSE_MS: String((settleSeconds + seconds) * 1_000),
  });
  await fleet.untilServing();
  const idle = await measureCost(redis, fleet, seconds);

  await producer.enqueueMany({ action: "a", customers: customers(count), run: "r" });
  await untilCircuitOpen(producer, receiver.url);
  const sent = receiver.requests.length;
  const waiting = await measureCost(redis, fleet, seconds);
  console.log({ count, idle, waiting, sent });
  // A machine with other work may take so long until all of them wait that the first probe comes before the
  // end.
  expect(receiver.requests.length).toBeLessThanOrEqual(sent + 1);
  isDead = false;
  const run = await untilOver(producer, "r", limitMs);

  // Looks at the registry, signs of life and reports on the destination go on, as many for three deliveries
  // as for a million.
  expect(waiting.commands).toBeLessThan(idle.commands + 800);
  expect(waiting.redisMs).toBeLessThan(costFactor * idle.redisMs + 10);
  expect(waiting.workersMs).toBeLessThan(costFactor * idle.workersMs + 30);
  expect(run).toMatchObject({ enqueued: count, delivered: count, failed: 0 });
  // Besides what it took to open the circuit, each was sent once.
  expect(receiver.requests).toHaveLength(count + refused);
  expect(run.retries).toBe(refused);
  redis.disconnect();
  await producer.close();
  await server.stop();
}

interface Cost {
  /** Commands that Redis carried out, and CPU time of Redis and the workers, per second. */
  readonly commands: number;
  readonly redisMs: number;
  readonly workersMs: number;
}

/** What Redis and the workers spend over a while. */
async function measureCost(redis: Redis, fleet: Fleet, seconds: number): Promise<Cost> {
  const before = await readSpent(redis, fleet);
  const until = Date.now() + seconds * 1_000;
  // Time itself is what is measured here.
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const after = await readSpent(redis, fleet);
  const elapsed = seconds + (Date.now() - until) / 1_000;
  const perSecond = (name: keyof Cost): number => (after[name] - before[name]) / elapsed;
  return {
    commands: perSecond("commands"),
    redisMs: perSecond("redisMs"),
    workersMs: perSecond("workersMs"),
  };
}

async function readSpent(redis: Redis, fleet: Fleet): Promise<Cost> {
  const [stats, cpu] = [await redis.info("stats"), await redis.info("cpu")];
  const read = (text: string, name: string): number =>
    Number(new RegExp(`^${name}:(\\S+)`, "m").exec(text)?.[1] ?? Number.NaN);
  const workers = await Promise.all(fleet.running.map(({ pid }) => cpuMs(pid)));
  return {
    commands: read(stats, "total_commands_processed"),
    redisMs: (read(cpu, "used_cpu_sys") + read(cpu, "used_cpu_user")) * 1_000,
    workersMs: workers.reduce((sum, ms) => sum + ms, 0),
  };
}

/** Of Linux's clock ticks, which are 10 ms on all that Node runs on. */
const TICK_MS = 10;

/** User and system time of a process, from /proc (proc(5): fields 14 and 15). */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/**
 * Waits until the destination's circuit is open, and what lay in the shared lane has hopped to where it
 * waits.
 */
export async function untilCircuitOpen(producer: Producer, origin: string): Promise<void> {
  await eventually(async () => {
    expect(await producer.destinations.show(origin)).toMatchObject({ circuit: "open", inFlight: 0 });
    expect(await producer.lanes.backlog("bulk")).toMatchObject({ waiting: 0, delayed: 0, inFlight: 0 });
  });
  // What a run's lane feeds to it still moves until every worker has looked at the registry.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
}
