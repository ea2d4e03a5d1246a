// One delivery is cancelled, or its times are changed, while it waits.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { hang, ok, reply } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

const HOUR_MS = 3_600_000;
const inAnHour = (): Date => new Date(Date.now() + HOUR_MS);

test("what waits, is delayed, or waits for a retry is cancelled: never sent, counted, told, and the run completes", async () => {
  let isBroken = true;
  await using system = await startSystem(() => (isBroken ? reply(503) : ok()));
  await system.apply({ retry: { attempts: 5, baseMs: HOUR_MS, factor: 1, maxMs: HOUR_MS } });
  const { producer } = system;
  const retried = await producer.enqueue({ action: "a", customer: { id: 1 } });
  await system.startWorker();
  await eventually(async () =>
    expect(await producer.deliveries.show(retried.id)).toMatchObject({
      state: "delayed",
      attempts: [{ attempt: 1 }],
    }),
  );
  isBroken = false;
  const delayed = await producer.enqueue({ action: "a", customer: { id: 2 }, sendAt: inAnHour() });
  await producer.enqueueMany({ action: "a", customers: customers(3), run: "r", hold: true });
  const [, ...held] = await Promise.all(
    ["c0", "c1", "c2"].map(async (id) => (await producer.customers.deliveries(id))[0]?.id ?? ""),
  );

  for (const id of [retried.id, delayed.id, ...held]) await producer.deliveries.cancel(id);

  await producer.runs.release("r");
  await eventually(async () =>
    expect(await producer.runs.get("r")).toMatchObject({
      state: "completed",
      enqueued: 3,
      delivered: 1,
      cancelled: 2,
      waiting: 0,
      imbalance: { lost: 0, surplus: 0 },
    }),
  );
  for (const id of [retried.id, delayed.id, ...held])
    expect(await producer.outcomes.get(id)).toMatchObject({ outcome: "cancelled", reason: "withdrawn" });
  const told = (await producer.outcomes.read()).outcomes;
  expect(told.filter(({ reason }) => reason === "withdrawn").map(({ id }) => id)).toEqual([
    retried.id,
    delayed.id,
    ...held,
  ]);
  expect(await producer.customers.deliveries(2)).toMatchObject([
    { state: "ended", outcome: { reason: "withdrawn" } },
  ]);
  expect(system.receiver.byKey().has(delayed.id)).toBe(false);
  // An id that has ended is a duplicate.
  await expect(producer.deliveries.cancel(delayed.id)).rejects.toMatchObject({ code: "delivery_ended" });
});

test("what is in flight, has ended or is unknown cannot be cancelled, and says so", async () => {
  await using system = await startSystem(() => hang());
  await system.startWorker();
  await system.apply();
  const { producer } = system;
  const { id } = await producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(() => expect(system.receiver.requests).toHaveLength(1));

  await expect(producer.deliveries.cancel(id)).rejects.toMatchObject({ code: "delivery_under_way" });
  await expect(producer.deliveries.cancel("x.y")).rejects.toMatchObject({ code: "delivery_unknown" });
});

test("cancelling under way of the workers: each delivery is either sent or cancelled, never both, and the account balances", async () => {
  await using system = await startSystem();
  await system.apply();
  const { producer } = system;
  const count = 400;
  await producer.enqueueMany({ action: "a", customers: customers(count), run: "r" });
  const ids = await Promise.all(
    customers(count).map(async ({ id }) => (await producer.customers.deliveries(id, 1))[0]?.id ?? ""),
  );
  await system.startWorker({ POSTRIDER_CONCURRENCY: "10" });
  const cancelled = new Set<string>();
  for (const id of ids.toReversed())
    await producer.deliveries.cancel(id).then(
      () => cancelled.add(id),
      () => undefined,
    );
  await system.untilEnded("r");

  const run = await producer.runs.get("r");
  expect(run).toMatchObject({
    enqueued: count,
    delivered: count - cancelled.size,
    cancelled: cancelled.size,
  });
  expect(cancelled.size).toBeGreaterThan(0);
  for (const id of cancelled) expect(system.receiver.byKey().has(id), id).toBe(false);
});

test("times are changed while it waits: sooner, later, at once, and when it is no longer wanted", async () => {
  await using system = await startSystem();
  await system.startWorker();
  await system.apply();
  const { producer } = system;
  const order = { action: "a", sendAt: inAnHour() };
  const [now, later, expired] = await Promise.all(
    [1, 2, 3].map(async (id) => (await producer.enqueue({ ...order, customer: { id } })).id),
  );

  await producer.deliveries.changeTimes(now ?? "", { sendAt: null });
  const tomorrow = new Date(Date.now() + 24 * HOUR_MS);
  await producer.deliveries.changeTimes(later ?? "", {
    sendAt: tomorrow,
    expiresAt: new Date(tomorrow.getTime() + 1),
  });
  await producer.deliveries.changeTimes(expired ?? "", {
    sendAt: new Date(Date.now() - 2),
    expiresAt: new Date(Date.now() - 1),
  });

  await eventually(async () => {
    expect(await producer.outcomes.get(now ?? "")).toMatchObject({ outcome: "delivered" });
    expect(await producer.outcomes.get(expired ?? "")).toMatchObject({ outcome: "expired" });
  });
  expect(await producer.deliveries.show(later ?? "")).toMatchObject({
    state: "delayed",
    dueAt: tomorrow.getTime(),
    expiresAt: tomorrow.getTime() + 1,
  });
});

test.each([
  [{ sendAt: new Date(Number.NaN) }, "sendAt"],
  [{ expiresAt: "tomorrow" }, "expiresAt"],
  [{ expiresAt: new Date(1) }, "expiresAt"],
  [{ lane: "x" }, "lane"],
])("refuses %j, naming the field, and changes nothing", async (changes, field) => {
  await using system = await startSystem();
  await system.apply();
  const { producer } = system;
  const { id } = await producer.enqueue({ action: "a", customer: { id: 1 }, sendAt: inAnHour() });
  const before = await producer.deliveries.show(id);

  await expect(producer.deliveries.changeTimes(id, changes as never)).rejects.toMatchObject({
    code: "delivery_invalid",
    problems: [{ field }],
  });
  expect(await producer.deliveries.show(id)).toEqual(before);
});
