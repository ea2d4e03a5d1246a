// All deliveries that wait and that a filter means are ended: each once, and nothing else.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { createGate } from "../support/gate.ts";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { ok } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

const HOUR_MS = 3_600_000;

test("what waits in any lane, or is delayed, is ended by run, action, label, customer and time; nothing else is", async () => {
  const gate = createGate();
  await using system = await startSystem(() => gate.behind(ok()));
  await system.apply({ timeoutMs: 90_000 });
  await system.apply({ id: "b", url: `${system.receiver.url}/b` });
  const { producer } = system;
  const { deliveries } = producer;
  const redis = openRedis(system.redisUrl);
  const worker = await system.startWorker({
    POSTRIDER_CONCURRENCY: "2",
    POSTRIDER_SHUTDOWN_GRACE_MS: "80000",
  });
  await producer.enqueueMany({ action: "a", customers: customers(2), run: "r", open: true });
  await eventually(() => expect(gate.waiting()).toBe(2));
  await producer.enqueueMany({ action: "a", customers: customers(1_204), run: "r" });
  // Two of the shared lane, and two of the run's own.
  await eventually(() => expect(gate.waiting()).toBe(4));
  // Otherwise the destination that hangs would be led out, and more be in flight.
  const closed = worker.close();
  await producer.enqueueMany({ action: "a", customers: customers(3), run: "s", labels: ["x"] });
  const sendAt = new Date(Date.now() + HOUR_MS);
  await producer.enqueueMany({ action: "b", customers: customers(120), run: "t", sendAt });
  const single = await producer.enqueue({ action: "a", customer: { id: "ann" }, sendAt });

  expect(await deliveries.countCancellable({ run: "r" })).toEqual({ count: 1_200, isComplete: true });
  expect(await deliveries.countCancellable({})).toEqual({ count: 1_324, isComplete: true });
  const seen: number[] = [];
  const done = await deliveries.cancelAll(
    { run: "r" },
    { onProgress: ({ cancelled }) => seen.push(cancelled) },
  );
  expect(done).toEqual({ cancelled: 1_200, inFlight: 4 });
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(await producer.runs.get("r")).toMatchObject({
    enqueued: 1_204,
    cancelled: 1_200,
    inFlight: 4,
    waiting: 0,
  });
  expect(await producer.runs.get("s")).toMatchObject({ waiting: 3, cancelled: 0 });
  expect(await deliveries.cancelAll({ run: "r" })).toEqual({ cancelled: 0, inFlight: 4 });

  expect(await deliveries.cancelAll({ action: "b", to: new Date(Date.now() - HOUR_MS) })).toMatchObject({
    cancelled: 0,
  });
  expect(await deliveries.cancelAll({ action: "b@1", from: new Date(Date.now() - HOUR_MS) })).toMatchObject({
    cancelled: 120,
  });
  expect(await deliveries.cancelAll({ label: "x", customer: "c1" })).toEqual({ cancelled: 1, inFlight: 0 });
  expect(await deliveries.cancelAll({ customer: "ann" })).toMatchObject({ cancelled: 1 });
  expect(await producer.outcomes.get(single.id)).toMatchObject({ outcome: "cancelled", reason: "withdrawn" });
  expect(await deliveries.cancelAll({}, { ratePerSecond: 100 })).toEqual({ cancelled: 2, inFlight: 4 });
  gate.open();
  await system.untilEnded("r");
  await closed;
  expect(await producer.runs.get("r")).toMatchObject({
    state: "completed",
    delivered: 4,
    imbalance: { lost: 0, surplus: 0 },
  });
  expect(system.receiver.requests).toHaveLength(4);
  // Each was told once, and nothing of any is left.
  const told = await redis.hget(shardKeys.totals(), "outcomes");
  expect(Number(told)).toBe(1_204 + 3 + 120 + 1);
  const isMark = (key: string): boolean => key.startsWith(shardKeys.outcome(""));
  await eventually(async () =>
    expect((await redis.keys(shardKeys.job("*", "[rk]*.*"))).filter((key) => !isMark(key))).toEqual([]),
  );
  redis.disconnect();
});

test("while workers claim and lanes are parted, each is sent or ended, never both; stopped and gone on with", async () => {
  await using system = await startSystem();
  await system.apply();
  const { producer } = system;
  const COUNT = 3_000;
  // Some begin in the shared lane, the others in the run's own.
  await producer.enqueueMany({ action: "a", customers: customers(COUNT), run: "r" });
  await system.startWorker({ POSTRIDER_CONCURRENCY: "5" });
  await eventually(() => expect(system.receiver.requests.length).toBeGreaterThan(50));

  const abort = new AbortController();
  let place: string | null = null;
  let cancelled = 0;
  const stopped = producer.deliveries.cancelAll(
    { run: "r" },
    {
      signal: abort.signal,
      onProgress(progress, { after }) {
        ({ cancelled } = progress);
        place = after;
        if (cancelled > 300) abort.abort();
      },
    },
  );
  await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  const rest = await producer.deliveries.cancelAll({ run: "r" }, { after: place ?? "" });
  cancelled += rest.cancelled;
  await system.untilEnded("r");

  expect(await producer.runs.get("r")).toMatchObject({
    enqueued: COUNT,
    cancelled,
    delivered: COUNT - cancelled,
    failed: 0,
    imbalance: { lost: 0, surplus: 0 },
  });
  expect(system.receiver.byKey().size).toBe(COUNT - cancelled);
  const ended = new Set<string>();
  for (let after: string | undefined; ; ) {
    const page = await producer.outcomes.read({ limit: 1_000, ...(after !== undefined && { after }) });
    if (page.outcomes.length === 0) break;
    for (const { id, outcome } of page.outcomes) {
      expect(ended.has(id)).toBe(false);
      ended.add(id);
      expect(system.receiver.byKey().has(id)).toBe(outcome === "delivered");
    }
    ({ after } = page);
  }
  expect(ended.size).toBe(COUNT);
});

test("what cannot be cancelled is refused with its field", async () => {
  await using system = await startSystem();
  const { deliveries } = system.producer;
  const refused = (filter: object, field: string) =>
    expect(deliveries.cancelAll(filter)).rejects.toMatchObject({
      code: "filter_invalid",
      problems: [{ field }],
    });
  await refused({ state: "ended" }, "state");
  await refused({ state: "in-flight" }, "state");
  await refused({ outcome: "failed" }, "outcome");
  await refused({ reason: "timeout" }, "reason");
  await expect(deliveries.cancelAll({}, { after: "x" })).rejects.toMatchObject({ code: "filter_invalid" });
  await expect(deliveries.cancelAll({}, { ratePerSecond: 0 })).rejects.toMatchObject({
    code: "filter_invalid",
  });
});
