import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet, untilOver } from "../support/fleet.ts";
import { createGate } from "../support/gate.ts";
import { ok, reply, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const COUNT = 1_500;
/** Requests that are answered while a worker stops, and once it has, of five thousand in all. */
const PER_WORKER = 350;

test("a rolling restart under load, with deliveries of the neighbouring versions among them, loses and doubles nothing", async () => {
  const redisUrl = await isolatedRedisUrl();
  // Some are in flight whenever a worker is told to stop, and many are left.
  const gate = createGate();
  gate.open(PER_WORKER);
  await using receiver = await startReceiver((_, { nth }) =>
    gate.behind(slow(10, nth === 1 ? reply(500) : ok())),
  );
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    retry: { attempts: 5, baseMs: 300, factor: 1, maxMs: 300 },
  });
  await using fleet = startFleet(redisUrl, 3, {
    POSTRIDER_CONCURRENCY: "10",
    POSTRIDER_SHUTDOWN_GRACE_MS: "20000",
  });
  await fleet.untilServing();

  await producer.enqueueMany({ action: "a", customers: customers(COUNT), run: "r" });
  // The version before left no marks; the one after adds what this one does not know.
  const older = customers(COUNT / 3).map((customer) => ({ id: `old.${customer.id}`, data: { customer } }));
  const newer = customers(COUNT / 3).map((customer) => ({
    id: `new.${customer.id}`,
    data: { customer, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
  }));
  await producer.lanes.queue("bulk").addBulk(
    [...older, ...newer].map(({ id, data }) => ({
      name: "delivery",
      data: { v: 1, action: "a@1", ...data },
      opts: { jobId: id, attempts: 5, backoff: { type: "custom" } },
    })),
  );

  for (const old of [...fleet.running]) {
    await eventually(() => expect(gate.waiting()).toBeGreaterThan(0));
    fleet.start();
    old.kill("SIGTERM");
    gate.open(PER_WORKER);
    expect(await old.exited).toEqual({ code: 0, signal: null });
    const before = receiver.requests.length;
    gate.open(PER_WORKER);
    await eventually(() => expect(receiver.requests.length).toBeGreaterThan(before));
  }
  gate.open();
  const run = await untilOver(producer, "r");
  // One refusal and one success each, whichever version took it in.
  const timesOf = () => [...receiver.byKey().values()].map((requests) => requests.length);
  await eventually(() => expect(timesOf().filter((times) => times < 2)).toEqual([]));

  expect(run).toMatchObject({ enqueued: COUNT, delivered: COUNT, failed: 0, retries: COUNT });
  expect(timesOf()).toHaveLength(COUNT + older.length + newer.length);
  expect(timesOf().filter((times) => times > 2)).toEqual([]);
  await producer.close();
});

test("deliveries of the next release's format wait for its workers, at no attempt's cost, and the present ones go on meanwhile", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver(() => slow(5, ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(
    redisUrl,
    2,
    { POSTRIDER_CONCURRENCY: "10", POSTRIDER_SHUTDOWN_GRACE_MS: "20000" },
    "./tests/support/next-release.mjs",
  );
  await fleet.untilServing();
  const next = customers(100).map((customer) => ({
    name: "delivery",
    data: { v: 2, action: "a@1", customer, run: undefined, lane: "bulk" },
    // One attempt: if waiting cost any, it would fail.
    opts: { jobId: `next.${customer.id}`, attempts: 1, backoff: { type: "custom" } },
  }));
  await producer.lanes.queue("bulk").addBulk(next);
  await producer.enqueueMany({ action: "a", customers: customers(COUNT), run: "r" });
  const ofNext = () => [...receiver.byKey().entries()].filter(([key]) => key.startsWith("next."));
  await eventually(async () => expect((await producer.runs.get("r")).delivered).toBeGreaterThan(500));
  expect(ofNext()).toHaveLength(0);

  for (const old of [...fleet.running]) {
    fleet.start({ NEXT_RELEASE: "1" });
    old.kill("SIGTERM");
    expect(await old.exited).toEqual({ code: 0, signal: null });
  }

  expect(await untilOver(producer, "r")).toMatchObject({ enqueued: COUNT, delivered: COUNT, failed: 0 });
  await eventually(() => expect(ofNext()).toHaveLength(next.length));
  expect([...receiver.byKey().values()].filter((requests) => requests.length > 1)).toEqual([]);
  expect((await producer.deadLetters.list({ limit: 1 })).total).toBe(0);
  await producer.close();
});
