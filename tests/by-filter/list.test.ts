// Deliveries by a filter, wherever they lie: in lanes, among the dead letters, in the stream of outcomes, in
// the index of customers.

import type { DeliveryQuery } from "@postrider/producer/by-filter/list";
import type { ListedDelivery } from "@postrider/producer/by-filter/source";
import { expect, test } from "vitest";
import { bury } from "../support/dead-letters.ts";
import { eventually } from "../support/eventually.ts";
import { createGate } from "../support/gate.ts";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { ok, reply } from "../support/receiver.ts";
import { customers, type System, startSystem } from "../support/system.ts";

const HOUR_MS = 3_600_000;

/** All pages, a few at a time. */
async function listAll({ producer }: System, query: DeliveryQuery): Promise<ListedDelivery[]> {
  const all: ListedDelivery[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page = await producer.deliveries.list({ limit: 3, ...query, after });
    expect(page.deliveries.length).toBeLessThanOrEqual(query.limit ?? 3);
    all.push(...page.deliveries);
    ({ after } = page);
  }
  return all;
}

const toIds = (listed: readonly ListedDelivery[]): string[] => listed.map(({ id }) => id);

test("each filter finds its deliveries, each once, wherever they lie; and counts the same", async () => {
  const gate = createGate();
  await using system = await startSystem(({ path }) => {
    if (path === "/bad") return reply(400);
    return path === "/slow" ? gate.behind(ok()) : ok();
  });
  const { producer, receiver } = system;
  await system.apply();
  await system.apply({ id: "bad", url: `${receiver.url}/bad` });
  await system.apply({ id: "slow", url: `${receiver.url}/slow`, timeoutMs: 90_000 });
  await system.startWorker();
  const delivered = await producer.enqueue({ action: "a", customer: { id: "ann" }, labels: ["vip"] });
  const failed = await producer.enqueue({ action: "bad", customer: { id: "ann" } });
  const inFlight = await producer.enqueue({ action: "slow", customer: { id: "bob" } });
  await eventually(async () => {
    expect((await producer.outcomes.read()).outcomes).toHaveLength(2);
    expect(receiver.requests).toHaveLength(3);
  });
  const between = new Date();
  await eventually(() => expect(Date.now()).toBeGreaterThan(between.getTime() + 1));
  await producer.enqueueMany({ action: "a", customers: customers(7), run: "r", hold: true });
  const delayed = await producer.enqueue({
    action: "a",
    customer: { id: "ann" },
    lane: "bulk",
    sendAt: new Date(Date.now() + HOUR_MS),
  });
  const cancelled = await producer.enqueue({
    action: "a",
    customer: { id: "eve" },
    sendAt: new Date(Date.now() + HOUR_MS),
  });
  await producer.deliveries.cancel(cancelled.id);

  const held = toIds(await listAll(system, { run: "r" }));
  expect(new Set(held).size).toBe(7);
  const all = await listAll(system, {});
  expect(toIds(all).sort()).toEqual(
    [...held, delivered.id, failed.id, inFlight.id, delayed.id, cancelled.id].sort(),
  );
  // What is open comes first, and what has ended the latest first.
  expect(toIds(all).slice(-3)).toEqual([
    cancelled.id,
    ...[delivered.id, failed.id].sort((a, b) => toIds(all).indexOf(a) - toIds(all).indexOf(b)),
  ]);
  expect(all.find(({ id }) => id === failed.id)).toMatchObject({
    state: "dead-letter",
    lane: "transactional",
    home: "transactional",
    outcome: { outcome: "failed", reason: "reply_4xx", status: 400, attempts: 1 },
  });
  expect(all.find(({ id }) => id === delayed.id)).toMatchObject({
    state: "delayed",
    lane: "bulk",
    home: "bulk",
    customerId: "ann",
    outcome: null,
    dueAt: expect.any(Number),
  });

  const cases: [DeliveryQuery, readonly string[]][] = [
    [{ state: "waiting" }, [...held, delayed.id]],
    [{ state: "in-flight" }, [inFlight.id]],
    [{ state: "ended" }, [delivered.id, failed.id, cancelled.id]],
    [{ outcome: "delivered" }, [delivered.id]],
    [{ outcome: "failed" }, [failed.id]],
    [{ outcome: "cancelled" }, [cancelled.id]],
    [{ outcome: "expired" }, []],
    [{ reason: "reply_4xx" }, [failed.id]],
    [{ reason: "withdrawn", outcome: "cancelled", state: "ended" }, [cancelled.id]],
    [{ action: "bad" }, [failed.id]],
    [{ action: "a@1", state: "ended" }, [delivered.id, cancelled.id]],
    [{ action: "a@2" }, []],
    [{ label: "vip" }, [delivered.id]],
    [{ customer: "ann" }, [delivered.id, failed.id, delayed.id]],
    [{ customer: "ann", state: "waiting" }, [delayed.id]],
    [{ customer: "ann", action: "bad", destination: receiver.url }, [failed.id]],
    [
      { customer: "c3", run: "r" },
      held.filter((id) => all.find((one) => one.id === id)?.customerId === "c3"),
    ],
    [{ run: "r", state: "in-flight" }, []],
    [{ lane: "bulk" }, [...held, delayed.id]],
    // Of what has ended only the dead letters tell it.
    [{ lane: "transactional" }, [inFlight.id, failed.id]],
    [{ destination: receiver.url, state: "ended" }, [delivered.id, failed.id, cancelled.id]],
    [{ destination: receiver.url, state: "in-flight" }, [inFlight.id]],
    [{ destination: "https://elsewhere.example" }, []],
    [{ to: between, state: "ended" }, [delivered.id, failed.id]],
    [{ from: between }, [...held, delayed.id, cancelled.id]],
    [{ from: between, to: between }, []],
  ];
  for (const [query, ids] of cases) {
    expect(toIds(await listAll(system, query)).sort(), JSON.stringify(query)).toEqual([...ids].sort());
    expect(await producer.deliveries.count(query), JSON.stringify(query)).toEqual({
      count: ids.length,
      isComplete: true,
    });
  }
  gate.open();
});

test("pages go on behind what was shown, while deliveries come and go", async () => {
  await using system = await startSystem();
  await system.apply();
  const { producer } = system;
  const redis = openRedis(system.redisUrl);
  await producer.enqueueMany({ action: "a", customers: customers(40), run: "r" });
  const before = await redis.lrange(shardKeys.ofLane("bulk", "wait"), 0, -1);

  const first = await producer.deliveries.list({ run: "r", limit: 10 });
  expect(toIds(first.deliveries)).toEqual(before.slice(0, 10));
  // Some come, some of those that were shown go, and some of the others.
  await producer.enqueueMany({ action: "a", customers: customers(20), run: "other" });
  for (const id of [...before.slice(2, 5), ...before.slice(20, 22)]) await producer.deliveries.cancel(id);
  const second = await producer.deliveries.list({ run: "r", limit: 10, after: first.after ?? "" });
  expect(toIds(second.deliveries)).toEqual(before.slice(10, 20));
  const third = await producer.deliveries.list({
    state: "waiting",
    run: "r",
    limit: 100,
    after: second.after ?? "",
  });
  expect(toIds(third.deliveries)).toEqual(before.slice(22));
  expect(third.after).toBeNull();
  redis.disconnect();
});

test("a delivery that failed and was replayed is open, and shown as nothing else", async () => {
  let isBroken = true;
  await using system = await startSystem(() => (isBroken ? reply(400) : ok()));
  await system.apply();
  const { producer } = system;
  const worker = await system.startWorker();
  const { id } = await producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(async () => expect((await producer.deadLetters.list()).total).toBe(1));
  await worker.close();
  await producer.deadLetters.replay({ ids: [id] });

  for (const query of [{}, { customer: 1 }])
    expect((await producer.deliveries.list(query)).deliveries).toMatchObject([
      { id, state: "waiting", outcome: null },
    ]);
  isBroken = false;
  await system.startWorker();
  await eventually(async () =>
    expect((await producer.deliveries.list()).deliveries).toMatchObject([
      { id, state: "ended", outcome: { outcome: "delivered" } },
    ]),
  );
});

test("a page looks at a bounded number, and goes on where it stopped, also with nothing to show", async () => {
  await using system = await startSystem();
  const redis = openRedis(system.redisUrl);
  await bury(redis, { count: 12_000, run: "r" });
  await bury(redis, { count: 1, run: "r", reason: "gone", from: 1_000, lane: "transactional" });
  const { deliveries } = system.producer;

  const query = { outcome: "failed", run: "none" } as const;
  const first = await deliveries.list(query);
  expect(first).toMatchObject({ deliveries: [], after: expect.any(String) });
  expect(first.looked).toBeGreaterThanOrEqual(10_000);
  expect(first.looked).toBeLessThan(12_000);
  const second = await deliveries.list({ ...query, after: first.after ?? "" });
  expect(second).toMatchObject({ deliveries: [], after: null });
  expect(first.looked + second.looked).toBe(12_001);
  expect(await deliveries.count({ outcome: "failed" }, { scanMax: 1_000 })).toMatchObject({
    isComplete: false,
  });
  redis.disconnect();
});

test("what a filter cannot mean is refused with its field", async () => {
  await using system = await startSystem();
  const { deliveries, deadLetters } = system.producer;
  const refused = (query: object, field: string) =>
    expect(deliveries.list(query), JSON.stringify(query)).rejects.toMatchObject({
      code: "filter_invalid",
      problems: [{ field }],
    });

  await refused({ state: "gone" }, "state");
  await refused({ outcome: "lost" }, "outcome");
  await refused({ outcome: "delivered", reason: "timeout" }, "reason");
  await refused({ state: "waiting", outcome: "delivered" }, "outcome");
  await refused({ state: "in-flight", reason: "timeout" }, "reason");
  await refused({ lane: "bulk", outcome: "delivered" }, "outcome");
  await refused({ lane: "bulk", reason: "expired" }, "reason");
  await refused({ limit: 0 }, "limit");
  await refused({ limit: 1_001 }, "limit");
  await refused({ colour: "red" }, "colour");
  const cursors = [
    "x",
    '["open","x"]',
    '["letters","1"]',
    '["open","bulk wait 99999999999999999 x"]',
    '["open",1]',
  ];
  for (const text of cursors) await refused({ after: Buffer.from(text).toString("base64url") }, "after");
  await refused({ after: Buffer.from('["outcomes","x"]').toString("base64url") }, "after");
  for (const filter of [{ outcome: "delivered" }, { state: "waiting" }] as const)
    await expect(deadLetters.list(filter)).rejects.toMatchObject({ code: "dead_letters_invalid" });
  expect((await deadLetters.list({ outcome: "failed", state: "ended" })).deadLetters).toEqual([]);
});

test("without an index customers are found where their deliveries lie, sealed ones with the key", async () => {
  await using system = await startSystem(undefined, { customersKeptMs: 0 });
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(5), run: "r" });

  expect(await listAll(system, { customer: "c3" })).toMatchObject([{ customerId: "c3", run: "r" }]);
  expect(await listAll(system, { customer: "c3", run: "r", state: "waiting" })).toHaveLength(1);
  expect(await listAll(system, { customer: "c3", run: "s" })).toEqual([]);
});
