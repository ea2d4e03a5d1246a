// A system that is disturbed at random: runs come in, people pause and limit, lanes are dissolved,
// destinations break, workers die. The same seed gives the same disturbances; their timing is the machine's.

import { setTimeout } from "node:timers/promises";
import type { Producer } from "@postrider/producer/producer";
import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { hasCode } from "@postrider/shared/errors";
import type { Limits } from "@postrider/shared/own-lane";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Fleet, untilOver } from "../support/fleet.ts";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import {
  type Behaviour,
  hang,
  ok,
  type Receiver,
  reply,
  reset,
  slow,
  startReceiver,
} from "../support/receiver.ts";
import { type Random, REST_MS_MAX, seeded, slowly } from "./chance.ts";
import { countMissing } from "./count-missing.ts";

export interface World {
  readonly producer: Producer;
  readonly fleet: Fleet;
  readonly receivers: readonly Receiver[];
  /** Requests that were answered with 2xx, by Idempotency-Key. */
  readonly accepted: ReadonlyMap<string, number>;
  readonly runs: readonly string[];
  /** Carries out one disturbance. @returns what it was. */
  disturb(): Promise<string>;
  /** Ends all disturbances, waits until all is over, and checks that the account balances. */
  settle(
    limitMs: number,
  ): Promise<{ enqueued: number; delivered: number; cancelled: number; doubled: number }>;
  /** Reads the keys that tell how many are where, at one moment: accepted, not ended, and in no lane. */
  countMissing(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface WorldOptions {
  readonly producer: Producer;
  readonly fleet: Fleet;
  readonly random: Random;
  readonly destinations: number;
  /** Deliveries of a run at most. */
  readonly runMax: number;
  /** Whether workers are killed. */
  readonly withDeaths: boolean;
  /**
   * Whether customers come slowly, over several audits, actions change their limits, and nothing is disturbed
   * for longer than an audit.
   */
  readonly isSlow: boolean;
}

/** Accepts, but takes its time: what crowds others out without ever failing. */
const SLOW = slow(2_000, ok());
const FAULTS: readonly (Behaviour | null)[] = [
  null,
  null,
  SLOW,
  reply(503),
  reply(429, { "retry-after": "1" }),
  reset(),
  hang(),
];

export async function startWorld(options: WorldOptions): Promise<World> {
  const { producer, fleet, random } = options;
  const accepted = new Map<string, number>();
  const faults: (Behaviour | null)[] = [];
  const receivers: Receiver[] = [];
  for (let index = 0; index < options.destinations; index++) {
    faults.push(null);
    const receiver = await startReceiver(({ key }) => {
      const fault = faults[index];
      if (fault !== null && fault !== undefined && fault !== SLOW) return fault;
      accepted.set(key, (accepted.get(key) ?? 0) + 1);
      return fault ?? ok();
    });
    receivers.push(receiver);
    await applyAction(producer, `d${index}`, `${receiver.url}/x`);
  }
  // Whose destination only the customer's data tell.
  const ports = receivers.map(({ url }) => new URL(url).port);
  await applyAction(producer, "mixed", "http://127.0.0.1:{{ customer.port }}/x");
  const redis = openRedis(fleet.redisUrl, { maxRetriesPerRequest: null });
  redis.on("error", () => undefined);
  const directory = createLaneDirectory(toShard(redis));
  const runs: string[] = [];
  const enqueuing: Promise<unknown>[] = [];
  const cancelled = new Set<string>();

  const pick = <T>(of: readonly T[]): T | undefined => of[Math.floor(random() * of.length)];
  const someOrigin = (): string => pick(receivers)?.url ?? "";
  const enqueueRun = async (): Promise<void> => {
    const run = `run${runs.length}`;
    const action = random() < 0.5 ? "mixed" : `d${Math.floor(random() * options.destinations)}`;
    // Half of those to many destinations are large enough for a lane of their own.
    const share = action === "mixed" && random() < 0.5 ? 0.6 + random() * 0.4 : random() ** 2;
    const count = 1 + Math.floor(share * options.runMax);
    const customers = Array.from({ length: count }, (_, nth) => ({
      id: `c${nth}`,
      port: ports[nth % ports.length],
    }));
    runs.push(run);
    const hold = random() < 0.1;
    if (!options.isSlow) return void (await producer.enqueueMany({ action, customers, run, hold }));
    const slow = seeded(random() * 1e9);
    const order = { action, customers: slowly(customers, slow), run, hold };
    enqueuing.push(producer.enqueueMany(order).catch(unlessCancelled));
    // A person can stop a run only once it is there.
    await eventually(() => producer.runs.get(run));
  };
  const onRun = (change: (run: string) => Promise<void>) => async (): Promise<void> => {
    const run = pick(runs.filter((name) => !cancelled.has(name)));
    if (run !== undefined) await change(run);
  };
  const moves: Record<string, { readonly weight: number; readonly move: () => Promise<void> }> = {
    enqueue: { weight: 6, move: enqueueRun },
    pauseRun: { weight: 2, move: onRun((run) => producer.runs.pause(run)) },
    resumeRun: { weight: 2, move: onRun((run) => producer.runs.resume(run)) },
    holdRun: { weight: 1, move: onRun((run) => producer.runs.hold(run)) },
    releaseRun: { weight: 2, move: onRun((run) => producer.runs.release(run)) },
    cancelRun: {
      weight: 1,
      move: onRun(async (run) => {
        // The first is spared, so that there is something to deliver whatever chance says.
        if (run === runs[0]) return;
        cancelled.add(run);
        await producer.runs.cancel(run);
      }),
    },
    limit: {
      weight: 2,
      move: () =>
        producer.destinations.limit(someOrigin(), { ratePerSecond: 20 + Math.floor(random() * 500) }),
    },
    unlimit: { weight: 2, move: () => producer.destinations.limit(someOrigin(), null) },
    pause: { weight: 2, move: () => producer.destinations.pause(someOrigin()) },
    resume: { weight: 2, move: () => producer.destinations.resume(someOrigin()) },
    limitAction: {
      weight: options.isSlow ? 2 : 0,
      async move() {
        const index = Math.floor(random() * receivers.length);
        const limits = { ratePerSecond: 50 + Math.floor(random() * 500) };
        await applyAction(
          producer,
          `d${index}`,
          `${receivers[index]?.url}/x`,
          random() < 0.5 ? limits : null,
        );
      },
    },
    rest: {
      weight: options.isSlow ? 2 : 0,
      move: () => setTimeout(random() * REST_MS_MAX),
    },
    dissolve: {
      weight: 6,
      async move() {
        await directory.refresh();
        // Whatever is empty at this moment, with or without a reason to be: harder than the audit ever is.
        for (const { lane } of directory.all()) await directory.dissolve(lane);
      },
    },
    break: {
      weight: 3,
      async move() {
        faults[Math.floor(random() * faults.length)] = pick(FAULTS) ?? null;
      },
    },
    kill: {
      weight: options.withDeaths ? 2 : 0,
      async move() {
        const victim = pick(fleet.running);
        victim?.kill("SIGKILL");
        await victim?.exited;
        fleet.start();
      },
    },
  };
  const total = Object.values(moves).reduce((sum, { weight }) => sum + weight, 0);

  return {
    producer,
    fleet,
    receivers,
    accepted,
    runs,
    async disturb() {
      let at = runs.length === 0 ? 0 : random() * total;
      for (const [name, { weight, move }] of Object.entries(moves)) {
        at -= weight;
        if (at >= 0) continue;
        await move();
        return name;
      }
      return "nothing";
    },
    countMissing: () => countMissing(redis),
    async settle(limitMs) {
      faults.fill(null);
      for (const [index, { url }] of receivers.entries()) {
        await applyAction(producer, `d${index}`, `${url}/x`);
        await producer.destinations.limit(url, null);
        await producer.destinations.resume(url);
      }
      for (const run of runs.filter((name) => !cancelled.has(name))) {
        await producer.runs.resume(run);
        await producer.runs.release(run);
      }
      await Promise.all(enqueuing);
      const sum = { enqueued: 0, delivered: 0, cancelled: 0, doubled: 0 };
      for (const name of runs) {
        const run = await untilOver(producer, name, limitMs);
        expect({ name, failed: run.failed, byReason: run.failedByReason, expired: run.expired }).toEqual({
          name,
          failed: 0,
          byReason: {},
          expired: 0,
        });
        expect(run.delivered + run.cancelled, name).toBe(run.enqueued);
        sum.enqueued += run.enqueued;
        sum.delivered += run.delivered;
        sum.cancelled += run.cancelled;
      }
      await eventually(async () => expect(await countMissing(redis)).toBe(0), limitMs);
      expect(await redis.hmget(shardKeys.totals(), "enqueued", "ended")).toEqual([
        `${sum.enqueued}`,
        `${sum.enqueued}`,
      ]);
      sum.doubled = [...accepted.values()].reduce((doubles, times) => doubles + times - 1, 0);
      return sum;
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await Promise.all(receivers.map((receiver) => receiver.close()));
    },
  };
}

function unlessCancelled(error: unknown): void {
  if (!hasCode(error, "run_cancelled")) throw error;
}

async function applyAction(
  producer: Producer,
  id: string,
  url: string,
  limits: Limits | null = null,
): Promise<void> {
  await producer.actions.apply({
    id,
    url,
    ...(limits && { limits }),
    body: "{{ customer }}",
    // An attempt that a busy machine cuts short is sent again, and would be taken for a double.
    timeoutMs: 10_000,
    retry: { attempts: 100, baseMs: 200, factor: 1.2, maxMs: 1_000 },
  });
}
