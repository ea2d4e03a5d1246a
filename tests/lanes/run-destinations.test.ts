// A run to many destinations, one of which holds its slots and gets a lane of its own: what is asked of the
// run goes on holding for what waits there, and a run to a single destination stays where it is.

import type { ServerResponse } from "node:http";
import type { RunOrder } from "@postrider/producer/enqueue/enqueue-many";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ok, startReceiver } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

const SLOTS = 20;
/** So many of a run lie in a shared lane before the rest goes to its own. */
const SHARED_OF_RUN = 1_000;
/** In the run's own lane, every second one to the destination that holds its slots. */
const MIXED = 400;
/** A pause or a cancellation is known to all workers by then. */
/** Two seconds, three times over, since others work on this machine, too. */
const TAKES_HOLD_MS = 6_000;

/**
 * A run whose first part, which shares a lane with everybody, is over: what comes now lies in its own lane.
 */
async function startOwnLane() {
  const kept: ServerResponse[] = [];
  let isOpen = false;
  const system = await startSystem();
  // Holds every request until it is opened: no clock says how long it is slow.
  const slowOne = await startReceiver(
    () => (response) => void (isOpen ? ok()(response) : kept.push(response)),
  );
  const enqueue = async (count: number, toUrl: (nth: number) => string, more: Partial<RunOrder> = {}) => {
    const { enqueued } = await system.producer.runs.get("r").catch(() => ({ enqueued: 0 }));
    const all = customers(enqueued + count).slice(enqueued);
    await system.producer.enqueueMany({
      action: "a",
      run: "r",
      customers: all.map((customer, nth) => ({ ...customer, port: new URL(toUrl(nth)).port })),
      ...more,
    });
  };
  await system.apply({ url: "http://127.0.0.1:{{ customer.port }}/x", timeoutMs: 90_000 });
  await system.startWorker({ POSTRIDER_CONCURRENCY: String(SLOTS) });
  await enqueue(SHARED_OF_RUN, () => system.receiver.url, { open: true });
  await system.untilEnded("r");
  return {
    ...system,
    slowOne,
    enqueue,
    open(): void {
      isOpen = true;
      for (const response of kept) ok()(response);
    },
    apart: async () => {
      const all = await system.producer.destinations.list();
      return all.find(({ origin }) => origin === slowOne.url);
    },
    sentAfter: (atMs: number) =>
      [...system.receiver.requests, ...slowOne.requests].filter((request) => request.atMs > atMs),
    async [Symbol.asyncDispose]() {
      await system[Symbol.asyncDispose]();
      await slowOne.close();
    },
  };
}

/**
 * Deliveries of the run lie in the lane of the destination that holds its slots, and all others have ended.
 */
async function startMixedRun(toExpiry: () => Date | undefined = () => undefined) {
  const system = await startOwnLane();
  const toUrl = (nth: number): string => (nth % 2 === 0 ? system.slowOne : system.receiver).url;
  const expiresAt = toExpiry();
  await system.enqueue(MIXED, toUrl, { ...(expiresAt && { expiresAt }) });
  await eventually(async () => expect((await system.apart())?.waiting).toBeGreaterThan(10));
  return system;
}

const COUNT = SHARED_OF_RUN + MIXED;

test("a paused run sends nothing from its destinations' lanes either, and goes on when it is resumed", async () => {
  await using system = await startMixedRun();
  const { runs } = system.producer;

  await runs.pause("r");
  const pausedAt = Date.now();
  await eventually(() => expect(Date.now()).toBeGreaterThan(pausedAt + TAKES_HOLD_MS));
  system.open();
  // What lay in the destination's lane comes back to the run's as it is claimed.
  const paused = await eventually(async () => {
    const run = await runs.get("r");
    expect(run).toMatchObject({ state: "paused", inFlight: 0, failed: 0 });
    expect(run.delivered + run.waiting).toBe(COUNT);
    expect(await system.producer.lanes.backlog("run.r")).toMatchObject({ waiting: run.waiting });
    return run;
  });
  expect(paused.waiting).toBeGreaterThan(10);
  expect(system.sentAfter(pausedAt + TAKES_HOLD_MS)).toEqual([]);

  await runs.resume("r");
  await system.untilEnded("r");
  expect(await runs.get("r")).toMatchObject({ enqueued: COUNT, delivered: COUNT, failed: 0, retries: 0 });
  expect(system.sentAfter(0)).toHaveLength(COUNT);
});

test("a held run sends nothing of what lies in its destinations' lanes until it is released", async () => {
  await using system = await startMixedRun();
  const { runs } = system.producer;

  await runs.hold("r");
  const heldAt = Date.now();
  await eventually(() => expect(Date.now()).toBeGreaterThan(heldAt + TAKES_HOLD_MS));
  system.open();
  const held = await eventually(async () => {
    const run = await runs.get("r");
    expect(run).toMatchObject({ state: "held", inFlight: 0 });
    expect(await system.producer.lanes.backlog("run.r")).toMatchObject({ waiting: run.waiting });
    return run;
  });
  expect(held.waiting).toBeGreaterThan(10);
  expect(system.sentAfter(heldAt + TAKES_HOLD_MS)).toEqual([]);

  await runs.release("r");
  await system.untilEnded("r");
  expect(await runs.get("r")).toMatchObject({ enqueued: COUNT, delivered: COUNT, failed: 0 });
  expect(system.sentAfter(0)).toHaveLength(COUNT);
});

test("a cancelled run ends in its destinations' lanes, too", async () => {
  await using system = await startMixedRun();

  await system.producer.runs.cancel("r");
  const cancelledAt = Date.now();
  await eventually(() => expect(Date.now()).toBeGreaterThan(cancelledAt + TAKES_HOLD_MS));
  system.open();
  await system.untilEnded("r");

  expect(system.sentAfter(cancelledAt + TAKES_HOLD_MS)).toEqual([]);
  const run = await system.producer.runs.get("r");
  expect(run.cancelled).toBeGreaterThan(10);
  expect(run.delivered + run.cancelled).toBe(COUNT);
  expect(system.sentAfter(0)).toHaveLength(run.delivered);
});

test("what expires while it waits for a slow destination is not sent", async () => {
  let expiresAt = new Date();
  await using system = await startMixedRun(() => {
    expiresAt = new Date(Date.now() + 20_000);
    return expiresAt;
  });
  await eventually(() => expect(Date.now()).toBeGreaterThan(expiresAt.getTime()));
  system.open();
  await system.untilEnded("r");

  const run = await system.producer.runs.get("r");
  expect(run.expired).toBeGreaterThan(10);
  expect(run.delivered + run.expired).toBe(COUNT);
  expect(system.sentAfter(0)).toHaveLength(run.delivered);
  expect(system.sentAfter(expiresAt.getTime() + TAKES_HOLD_MS)).toEqual([]);
});

test("a run to one destination stays in its lane, be that one as slow as it may and although only the data tell which it is", async () => {
  await using system = await startOwnLane();
  await system.enqueue(MIXED, () => system.slowOne.url);
  await eventually(() => expect(system.slowOne.requests).toHaveLength(SLOTS));
  // Three times as long as it takes to notice a jam.
  const fullAt = Date.now();
  await eventually(() => expect(Date.now()).toBeGreaterThan(fullAt + 4_500));

  expect(await system.apart()).toBeUndefined();
  expect(await system.producer.lanes.backlog("run.r")).toMatchObject({
    waiting: MIXED - SLOTS,
    inFlight: SLOTS,
  });
  system.open();
  await system.untilEnded("r");
  expect(await system.apart()).toBeUndefined();
  expect(system.slowOne.requests).toHaveLength(MIXED);
});

test("those that wait in a run's lane behind one slow destination are found, although nobody has met them yet", async () => {
  await using system = await startOwnLane();
  const { runs } = system.producer;
  // All of it lies there before the first one is claimed.
  await runs.pause("r");
  await system.enqueue(MIXED, () => system.slowOne.url);
  await system.enqueue(MIXED, () => system.receiver.url);
  await runs.resume("r");

  const others = SHARED_OF_RUN + MIXED;
  await eventually(() => expect(system.receiver.requests).toHaveLength(others));
  expect(system.slowOne.requests.length).toBeLessThan(MIXED);
  system.open();
  await system.untilEnded("r");
  expect(system.sentAfter(0)).toHaveLength(SHARED_OF_RUN + 2 * MIXED);
});
