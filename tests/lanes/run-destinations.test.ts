// A run to many destinations, one of which is slow and gets a lane of its own: what is asked of the run goes on holding for what
// waits there, and a run to a single destination stays where it is.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ok, slow, startReceiver } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

const COUNT = 2_500;
/** One of so many goes to the slow destination. */
const SLOW_OF = 10;
/** A pause or a cancellation is known to all workers by then. */
const TAKES_HOLD_MS = 2_000;

/** Starts the run, and waits until deliveries of it lie in the slow destination's lane. */
async function startMixedRun(times: { expiresAt?: Date } = {}) {
  const system = await startSystem(() => slow(20, ok()));
  const slowOne = await startReceiver(() => slow(1_500, ok()));
  const [fastPort, slowPort] = [system.receiver, slowOne].map(({ url }) => new URL(url).port);
  await system.apply({ url: "http://127.0.0.1:{{ customer.port }}/x" });
  await system.startWorker({ POSTRIDER_CONCURRENCY: "20" });
  await system.producer.enqueueMany({
    action: "a",
    run: "r",
    customers: customers(COUNT).map((customer, nth) => ({
      ...customer,
      port: nth % SLOW_OF === 0 ? slowPort : fastPort,
    })),
    ...times,
  });
  await eventually(async () => {
    const { waiting } = await system.producer.destinations.show(slowOne.url);
    expect(waiting).toBeGreaterThan(10);
  }, 60_000);
  return {
    ...system,
    slowOne,
    sentAfter: (atMs: number) =>
      [...system.receiver.requests, ...slowOne.requests].filter((request) => request.atMs > atMs),
    async [Symbol.asyncDispose]() {
      await system[Symbol.asyncDispose]();
      await slowOne.close();
    },
  };
}

test("a paused run sends nothing from its destinations' lanes either, and goes on when it is resumed", async () => {
  await using system = await startMixedRun();
  const { runs } = system.producer;

  const pausedAt = Date.now();
  await runs.pause("r");
  await eventually(async () => expect(await runs.get("r")).toMatchObject({ state: "paused", inFlight: 0 }));
  await eventually(() => expect(Date.now()).toBeGreaterThan(pausedAt + 2 * TAKES_HOLD_MS));
  expect(system.sentAfter(pausedAt + TAKES_HOLD_MS)).toEqual([]);
  const paused = await runs.get("r");
  expect(paused.waiting).toBeGreaterThan(0);
  expect(paused.delivered + paused.waiting).toBe(COUNT);

  await runs.resume("r");
  await system.untilEnded("r");
  expect(await runs.get("r")).toMatchObject({ enqueued: COUNT, delivered: COUNT, failed: 0, retries: 0 });
  expect(system.sentAfter(0)).toHaveLength(COUNT);
}, 180_000);

test("a cancelled run ends in its destinations' lanes, too", async () => {
  await using system = await startMixedRun();

  const cancelledAt = Date.now();
  await system.producer.runs.cancel("r");
  await system.untilEnded("r");

  expect(system.sentAfter(cancelledAt + TAKES_HOLD_MS)).toEqual([]);
  const run = await system.producer.runs.get("r");
  expect(run.cancelled).toBeGreaterThan(0);
  expect(run.delivered + run.cancelled).toBe(COUNT);
  expect(system.sentAfter(0)).toHaveLength(run.delivered);
}, 180_000);

test("what expires while it waits for a slow destination is not sent", async () => {
  const expiresAt = new Date(Date.now() + 12_000);
  await using system = await startMixedRun({ expiresAt });
  await system.untilEnded("r");

  const run = await system.producer.runs.get("r");
  expect(run.expired).toBeGreaterThan(0);
  expect(run.delivered + run.expired).toBe(COUNT);
  expect(system.sentAfter(0)).toHaveLength(run.delivered);
  expect(system.sentAfter(expiresAt.getTime() + TAKES_HOLD_MS)).toEqual([]);
}, 180_000);

test("a run to one destination stays in its lane, although only the data tell which one it is", async () => {
  await using system = await startSystem(() => slow(100, ok()));
  const { port } = new URL(system.receiver.url);
  await system.apply({ url: "http://127.0.0.1:{{ customer.port }}/x" });
  await system.startWorker({ POSTRIDER_CONCURRENCY: "50" });
  const all = customers(COUNT).map((customer) => ({ ...customer, port }));
  await system.producer.enqueueMany({ action: "a", run: "r", customers: all });
  await system.untilEnded("r");

  expect(await system.producer.destinations.list()).toEqual([]);
  expect(system.receiver.requests).toHaveLength(COUNT);
}, 180_000);
