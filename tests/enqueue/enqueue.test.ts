import type { DeliveryOrder } from "@postrider/producer/enqueue/enqueue";
import type { RunOrder } from "@postrider/producer/enqueue/enqueue-many";
import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { customers, startSystem } from "../support/system.ts";

test("the same key is one delivery, while it is pending and after it ended", async () => {
  await using system = await startSystem();
  await system.apply();
  const order = { action: "a", customer: { id: 1 }, key: "k" };

  const first = await system.producer.enqueue(order);
  const second = await system.producer.enqueue(order);
  await system.startWorker();
  await eventually(async () =>
    expect(await system.producer.outcomes.get(first.id)).toMatchObject({ outcome: "delivered" }),
  );
  const third = await system.producer.enqueue(order);

  expect([first, second, third]).toEqual([
    { id: first.id, isDuplicate: false },
    { id: first.id, isDuplicate: true },
    { id: first.id, isDuplicate: true },
  ]);
  expect(system.receiver.requests).toHaveLength(1);
});

test("without a key every call is a delivery of its own", async () => {
  await using system = await startSystem();
  await system.apply();
  const order = { action: "a", customer: { id: 1 } };

  expect((await system.producer.enqueue(order)).id).not.toBe((await system.producer.enqueue(order)).id);
});

test("a run that is enqueued again takes in only what is missing", async () => {
  await using system = await startSystem();
  await system.apply();
  const all = customers(1_000);

  expect(
    await system.producer.enqueueMany({ action: "a", customers: all.slice(0, 600), run: "r" }),
  ).toMatchObject({ enqueued: 600, duplicates: 0 });
  expect(await system.producer.enqueueMany({ action: "a", customers: all, run: "r" })).toMatchObject({
    enqueued: 400,
    duplicates: 600,
  });
  expect(
    await system.producer.enqueueMany({ action: "a", customers: [...all, ...all], run: "r" }),
  ).toMatchObject({ enqueued: 0, duplicates: 2_000 });
  expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 1_000, waiting: 1_000 });
});

test("two producers of the same run at the same time count each customer once", async () => {
  await using system = await startSystem();
  await system.apply();
  const all = customers(2_000);

  const [a, b] = await Promise.all(
    [1, 2].map(() => system.producer.enqueueMany({ action: "a", customers: all, run: "r" })),
  );

  expect((a?.enqueued ?? 0) + (b?.enqueued ?? 0)).toBe(2_000);
  expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 2_000, waiting: 2_000 });
});

test("a run goes on with the version that it was begun with, and refuses another action", async () => {
  await using system = await startSystem();
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await system.apply({ body: '{"new": true}' });

  expect(await system.producer.enqueueMany({ action: "a", customers: customers(2), run: "r" })).toMatchObject(
    { action: "a@1", enqueued: 1 },
  );
  await expect(system.producer.enqueueMany({ action: "a@2", customers: [], run: "r" })).rejects.toMatchObject(
    { code: "run_mismatch" },
  );
  expect(
    await system.producer.enqueueMany({ action: "a", customers: customers(1), run: "other" }),
  ).toMatchObject({ action: "a@2" });
});

test("the same content makes no new version, another one does, and old ones stay", async () => {
  await using system = await startSystem();
  const { actions } = system.producer;
  const document = { id: "x", url: "https://example.com/" };

  expect(await actions.apply(document)).toEqual({
    id: "x",
    version: 1,
    isNew: true,
    isRestored: false,
    warnings: [],
  });
  expect(await actions.apply({ ...document, method: "POST" })).toEqual({
    id: "x",
    version: 1,
    isNew: false,
    isRestored: false,
    warnings: [],
  });
  expect(await actions.apply({ ...document, method: "PUT" })).toEqual({
    id: "x",
    version: 2,
    isNew: true,
    isRestored: false,
    warnings: [],
  });
  expect((await actions.get("x@1")).action.method).toBe("POST");
  expect((await actions.get("x")).action.method).toBe("PUT");
  expect(await actions.list()).toEqual([{ id: "x", version: 2, archivedAt: null }]);
  await expect(actions.get("x@3")).rejects.toMatchObject({ code: "action_unknown" });
  await expect(actions.apply({ id: "x" })).rejects.toMatchObject({ code: "action_invalid" });
});

test("a bad customer stops the run there, what came before is enqueued, and the error names it", async () => {
  await using system = await startSystem();
  await system.apply();
  const list = [...customers(10), { name: "no id" } as never, ...customers(20)];

  await expect(system.producer.enqueueMany({ action: "a", customers: list, run: "r" })).rejects.toMatchObject(
    { code: "customer_invalid", message: expect.stringContaining("id") },
  );
  expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 10 });
});

test("a customer who cannot be enqueued is told before the next one is asked for, and the others are", async () => {
  await using system = await startSystem();
  await system.apply();
  const seen: unknown[] = [];
  const acknowledged: number[] = [];
  function* mixed() {
    for (const customer of [{ id: 1 }, { id: 2, text: "x".repeat(600_000) }, { id: 3 }]) {
      seen.push(`asked for ${customer.id}`);
      yield customer;
    }
  }

  const { enqueued } = await system.producer.enqueueMany({
    action: "a",
    customers: mixed(),
    run: "r",
    onInvalid: ({ id }, { message }) => void seen.push(`${id}: ${message}`),
    onProgress: (progress) => void acknowledged.push(progress.acknowledged),
  });

  expect(enqueued).toBe(2);
  expect(acknowledged.at(-1)).toBe(2);
  expect(seen).toEqual([
    "asked for 1",
    "asked for 2",
    expect.stringMatching(/^2: .*bytes of JSON/),
    "asked for 3",
  ]);
});

const CYCLE: Record<string, unknown> = {};
CYCLE["self"] = CYCLE;

test.each<[string, Partial<DeliveryOrder>, string]>([
  ["an empty key", { key: "" }, "delivery_invalid"],
  ["a lane's odd name", { lane: "Bulk!" }, "delivery_invalid"],
  ["a date that is none", { sendAt: new Date("x") }, "delivery_invalid"],
  [
    "an expiry before the sending",
    { sendAt: new Date(2_000), expiresAt: new Date(1_000) },
    "delivery_invalid",
  ],
  ["a text as the time", { sendAt: "2026-12-01T00:00:00Z" as never }, "delivery_invalid"],
  ["a number as the action", { action: 5 as never }, "delivery_invalid"],
  ["a text as the event", { event: "signup" as never }, "delivery_invalid"],
  ["an option that there is not", { sendat: new Date() } as never, "delivery_invalid"],
  ["an unknown action", { action: "nope" }, "action_unknown"],
  ["a customer without id", { customer: {} as never }, "customer_invalid"],
  ["a customer that is too large", { customer: { id: 1, text: "x".repeat(600_000) } }, "customer_invalid"],
  [
    "a number that JSON does not know",
    { customer: { id: 1, plan: { price: Number.NaN } } },
    "customer_invalid",
  ],
  ["a customer that is no JSON", { customer: { id: 1, self: CYCLE } }, "customer_invalid"],
])("%s is refused", async (_, change, code) => {
  await using system = await startSystem();
  await system.apply();

  await expect(
    system.producer.enqueue({ action: "a", customer: { id: 1 }, ...change }),
  ).rejects.toMatchObject({ code });
  expect(await system.producer.lanes.backlog("transactional")).toMatchObject({ waiting: 0, delayed: 0 });
});

test("waits while the lane is full, says so, and goes on when workers have made room", async () => {
  await using system = await startSystem();
  await system.apply();
  const producer = await createProducer({ redis: system.redisUrl, backlogMax: 1_000 });
  const paused: boolean[] = [];
  const enqueued = producer.enqueueMany({
    action: "a",
    customers: customers(6_000),
    run: "r",
    onProgress: ({ isPaused }) => void paused.push(isPaused),
  });

  await eventually(() => expect(paused.at(-1)).toBe(true));
  expect((await producer.runs.get("r")).enqueued).toBeLessThan(6_000);
  await system.startWorker();

  expect(await enqueued).toMatchObject({ enqueued: 6_000 });
  await producer.close();
});

test("a held run does not wait for room that only its release could make", async () => {
  await using system = await startSystem();
  await system.apply();
  const producer = await createProducer({ redis: system.redisUrl, backlogMax: 500 });
  const order = { action: "a", customers: customers(2_000), run: "r" };

  await expect(producer.enqueueMany({ ...order, hold: true })).rejects.toMatchObject({
    code: "run_full",
    message: expect.stringMatching(/POSTRIDER_BACKLOG_MAX/),
  });
  const { enqueued, state } = await producer.runs.get("r");
  expect(state).toBe("held");
  expect(enqueued).toBeGreaterThanOrEqual(500);
  expect(enqueued).toBeLessThan(2_000);

  const known = { ...order, customers: customers(enqueued) };
  expect(await producer.enqueueMany(known)).toMatchObject({ enqueued: 0, duplicates: enqueued });

  // As the message says.
  await producer.runs.release("r");
  await system.startWorker();
  expect(await producer.enqueueMany(order)).toMatchObject({ enqueued: 2_000 - enqueued });
  await system.untilEnded("r");
  await producer.close();
});

test("stops at an AbortSignal, also while it waits for room, and the same run goes on later", async () => {
  await using system = await startSystem();
  await system.apply();
  const producer = await createProducer({ redis: system.redisUrl, backlogMax: 500 });
  const abort = new AbortController();
  const list = customers(5_000);

  await expect(
    producer.enqueueMany({
      action: "a",
      customers: list,
      run: "r",
      signal: abort.signal,
      onProgress: ({ isPaused }) => isPaused && abort.abort(),
    }),
  ).rejects.toMatchObject({ code: "aborted" });
  await producer.close();

  const first = (await system.producer.runs.get("r")).enqueued;
  expect(first).toBeLessThan(5_000);
  expect(await system.producer.enqueueMany({ action: "a", customers: list, run: "r" })).toMatchObject({
    enqueued: 5_000 - first,
    duplicates: first,
  });
});

test("pulls no more customers than it can hand on", async () => {
  await using system = await startSystem();
  await system.apply();
  const producer = await createProducer({ redis: system.redisUrl, backlogMax: 1_000 });
  let pulled = 0;
  async function* endless() {
    for (;;) yield { id: `c${pulled++}` };
  }
  const abort = new AbortController();
  const enqueued = producer.enqueueMany({
    action: "a",
    customers: endless(),
    run: "r",
    signal: abort.signal,
    onProgress: ({ isPaused }) => isPaused && abort.abort(),
  });

  await expect(enqueued).rejects.toMatchObject({ code: "aborted" });
  expect(pulled).toBeLessThan(6_000);
  await producer.close();
});

test.each<[string, Partial<RunOrder>, RegExp]>([
  ["no run", { run: undefined as never }, /^run: must be a text/],
  ["a number as the action", { action: 5 as never }, /^action: must be a text such as/],
  ["a text as the time", { sendAt: "2026" as never }, /^sendAt: must be a valid Date/],
  ["an expiry that is none", { expiresAt: new Date("x") }, /^expiresAt: must be a valid Date/],
  ["a text as the event", { event: "signup" as never }, /^event: must be an object/],
  ["a lane's odd name", { lane: "Bulk!" }, /^lane: must be/],
  ["an object as the customers", { customers: {} as never }, /^customers: must be an array/],
  [
    "a slip of the pen",
    { expireAt: new Date() } as never,
    /^expireAt: is no field of an order; it has action,/,
  ],
])("enqueueMany with %s is refused, and opens no run", async (_, change, message) => {
  await using system = await startSystem();
  await system.apply();

  await expect(
    system.producer.enqueueMany({ action: "a", customers: customers(1), run: "r", ...change }),
  ).rejects.toMatchObject({ code: "delivery_invalid", message: expect.stringMatching(message) });
  expect(await system.producer.runs.list(10)).toEqual([]);
});

test("a source that pauses holds nothing back, and an abort ends the waiting for it", async () => {
  await using system = await startSystem();
  await system.apply();
  const abort = new AbortController();
  async function* stuck() {
    yield { id: 1 };
    yield { id: 2 };
    await new Promise(() => undefined);
  }
  const enqueueing = system.producer.enqueueMany({
    action: "a",
    customers: stuck(),
    run: "r",
    signal: abort.signal,
  });

  await Promise.all([
    expect(enqueueing).rejects.toMatchObject({ code: "aborted" }),
    eventually(async () =>
      expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 2, waiting: 2 }),
    ).finally(() => abort.abort()),
  ]);
});

test("a source is told when nothing more is wanted of it, also when it is a plain iterator's", async () => {
  await using system = await startSystem();
  await system.apply();
  let isClosed = false;
  function* rows() {
    try {
      for (let id = 0; ; id++) yield id === 5 ? ({} as never) : { id };
    } finally {
      isClosed = true;
    }
  }

  await expect(
    system.producer.enqueueMany({ action: "a", customers: rows(), run: "r" }),
  ).rejects.toMatchObject({ code: "customer_invalid" });
  expect(isClosed).toBe(true);
  expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 5 });
});

test("what is due later counts against the backlog, and a full lane is overshot by little", async () => {
  await using system = await startSystem();
  await system.apply();
  const producer = await createProducer({ redis: system.redisUrl, backlogMax: 100 });
  const abort = new AbortController();

  await expect(
    producer.enqueueMany({
      action: "a",
      customers: customers(20_000),
      run: "r",
      sendAt: new Date(Date.now() + 3_600_000),
      signal: abort.signal,
      onProgress: ({ isPaused }) => isPaused && abort.abort(),
    }),
  ).rejects.toMatchObject({ code: "aborted" });
  // One chunk at most stands in the room that one look has found, and another one is under way.
  expect((await producer.runs.get("r")).enqueued).toBeLessThanOrEqual(500);
  await producer.close();
});

test("a delivery that was taken in elsewhere in the meantime leaves nothing in the lane, and is no second one", async () => {
  await using system = await startSystem();
  await system.apply();
  // Both look at the same moment, when neither has taken it in.
  const orders = Array.from({ length: 20 }, (_, index) => [
    system.producer.enqueue({ action: "a", customer: { id: index }, key: `k${index}` }),
    system.producer.enqueue({ action: "a", customer: { id: index }, key: `k${index}`, lane: "bulk" }),
  ]);
  const enqueued = await Promise.all(orders.flat());
  expect(enqueued.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(20);

  await system.startWorker();
  await eventually(async () => expect(system.receiver.requests.length).toBeGreaterThanOrEqual(20));
  await eventually(async () => {
    for (const lane of ["bulk", "transactional"])
      expect(await system.producer.lanes.backlog(lane)).toMatchObject({
        waiting: 0,
        inFlight: 0,
        deadLetters: 0,
      });
  });
  expect(system.receiver.requests).toHaveLength(20);
});
