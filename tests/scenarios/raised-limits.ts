// A limit that is raised while deliveries wait takes effect soon, in worker processes that were asleep under
// the old one.

import { createProducer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet } from "../support/fleet.ts";
import { hang, type Receiver, type Script, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

export interface Promptness {
  /** How long it may take from the change to the tenth request under the new limit. */
  readonly limitMs: number;
}

/** The machine's other work may hold up one round, but not each of three. */
const TRIES = 3;

/** Two workers that have met the first limits, and many deliveries that wait for more. */
async function startLimited(limits: object, script?: Script) {
  const redisUrl = await isolatedRedisUrl();
  const receiver = await startReceiver(script);
  const producer = await createProducer({ redis: redisUrl });
  const document = { id: "a", url: `${receiver.url}/x`, body: "{{ customer }}", timeoutMs: 60_000 };
  await producer.actions.apply({ ...document, limits });
  const fleet = startFleet(redisUrl, 2, { POSTRIDER_CONCURRENCY: "50" });
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(500), run: "r" });
  return {
    receiver,
    producer,
    document,
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]();
      await producer.close();
      await receiver.close();
    },
  };
}

/** How long it takes from a change to so many more requests. */
async function measure(
  { requests }: Receiver,
  more: number,
  change: () => Promise<unknown>,
): Promise<number> {
  const before = requests.length;
  const changedAt = Date.now();
  await change();
  await eventually(() => expect(requests.length).toBeGreaterThanOrEqual(before + more), 30_000);
  return (requests[before + more - 1]?.atMs ?? Number.POSITIVE_INFINITY) - changedAt;
}

async function tryAtMost(limitMs: number, round: () => Promise<number>): Promise<void> {
  const times: number[] = [];
  do times.push(await round());
  while (Math.min(...times) > limitMs && times.length < TRIES);
  console.log("ms until it took effect:", times);
  expect(Math.min(...times)).toBeLessThan(limitMs);
}

/** A rate of one in ten seconds becomes a hundred a second, by a person. */
export async function raiseRate({ limitMs }: Promptness): Promise<void> {
  await tryAtMost(limitMs, async () => {
    await using system = await startLimited({ ratePerSecond: 0.1 });
    const { receiver, producer } = system;
    // The workers rest: the second request is seconds away.
    await eventually(() => expect(receiver.requests.length).toBe(1), 20_000);
    await eventually(async () =>
      expect((await producer.destinations.show(receiver.url)).waiting).toBeGreaterThan(400),
    );
    // Awaited here: what is used here ends with this function.
    return await measure(receiver, 10, () =>
      producer.destinations.limit(receiver.url, { ratePerSecond: 100 }),
    );
  });
}

/** A rate of one in five seconds becomes two hundred a second, by a new version of the action. */
export async function raiseRateByVersion({ limitMs }: Promptness): Promise<void> {
  await tryAtMost(limitMs, async () => {
    await using system = await startLimited({ ratePerSecond: 0.2 });
    const { receiver, producer, document } = system;
    await eventually(() => expect(receiver.requests.length).toBe(1), 20_000);
    // Awaited here: what is used here ends with this function.
    return await measure(receiver, 10, () =>
      producer.actions.apply({ ...document, limits: { ratePerSecond: 200 } }),
    );
  });
}

/** One request at a time becomes thirty, behind one that hangs. */
export async function raiseConcurrency({ limitMs }: Promptness): Promise<void> {
  await tryAtMost(limitMs, async () => {
    await using system = await startLimited({ concurrency: 1 }, () => hang());
    const { receiver, producer } = system;
    await eventually(() => expect(receiver.requests.length).toBe(1), 20_000);
    const tookMs = await measure(receiver, 29, () =>
      producer.destinations.limit(receiver.url, { concurrency: 30 }),
    );
    expect(receiver.requests).toHaveLength(30);
    return tookMs;
  });
}
