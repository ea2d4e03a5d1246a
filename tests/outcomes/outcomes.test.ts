import type { ReadOutcome } from "@postrider/producer/outcomes/outcomes";
import { expect, test } from "vitest";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { reply } from "../support/receiver.ts";
import { newKey } from "../support/secret-keys.ts";
import { customers, type System, startSystem } from "../support/system.ts";

/** Reads for a group until it has so many. */
async function take(system: System, group: string, count: number): Promise<ReadOutcome[]> {
  const taken: ReadOutcome[] = [];
  if (count === 0) return taken;
  for await (const outcome of system.producer.outcomes({ group })) {
    taken.push(outcome);
    if (taken.length === count) break;
  }
  return taken;
}

test("each outcome flows back with its run, customer, labels and what the action captures of the answer", async () => {
  await using system = await startSystem(({ body }) => {
    const { id } = JSON.parse(body) as { id: string };
    return id === "c1"
      ? reply(422, {}, "no")
      : reply(201, { "X-Trace": `t-${id}` }, `{"order":{"id":"o-${id}"}}`);
  });
  await system.startWorker();
  await system.apply({
    capture: { order: "/order/id", trace: { header: "x-trace" }, code: { status: true } },
  });
  await system.producer.enqueueMany({
    action: "a",
    customers: customers(2),
    run: "r",
    labels: ["vip", "q4"],
  });
  await system.untilEnded("r");

  const told = await take(system, "crm", 2);

  const common = { action: "a@1", run: "r", labels: ["vip", "q4"], attempts: 1 };
  expect(
    told.toSorted((one, other) => Number(one.customer !== "c0") - Number(other.customer !== "c0")),
  ).toMatchObject([
    {
      ...common,
      customer: "c0",
      outcome: "delivered",
      reason: "reply_2xx",
      status: 201,
      attributes: { order: "o-c0", trace: "t-c0", code: 201 },
      missing: [],
    },
    {
      ...common,
      customer: "c1",
      outcome: "failed",
      reason: "reply_4xx",
      status: 422,
      attributes: { code: 422 },
      missing: ["order", "trace"],
    },
  ]);
  for (const { id, outcome, reason, endedAt } of told)
    expect(await system.producer.outcomes.get(id)).toMatchObject({
      outcome,
      reason,
      endedAt: expect.closeTo(endedAt, -4),
    });
});

test("what ends without being sent is told as well, and a replayed delivery each time that it ends", async () => {
  let isBroken = true;
  await using system = await startSystem(() => reply(isBroken ? 400 : 200));
  await system.apply();
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  await system.producer.enqueue({ action: "a", customer: { id: 2 }, expiresAt: new Date(Date.now() + 1) });
  await system.startWorker();

  const first = await take(system, "g", 2);
  isBroken = false;
  await system.producer.deadLetters.replay({ ids: [id] });
  const [, second] = await take(system, "g", 2);

  expect(new Set(first.map(({ outcome }) => outcome))).toEqual(new Set(["failed", "expired"]));
  expect(second).toMatchObject({ id, outcome: "delivered" });
});

test("a group goes on where its reader stopped: what was being read then comes again, nothing else does", async () => {
  await using system = await startSystem();
  await system.startWorker();
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(50), run: "r" });
  await system.untilEnded("r");

  const first = await take(system, "g", 20);
  const rest = await take(system, "g", 31);

  expect(rest[0]?.id).toBe(first.at(-1)?.id);
  expect(new Set([...first, ...rest].map(({ id }) => id)).size).toBe(50);
  expect(await system.producer.outcomes.groups()).toMatchObject([{ group: "g", unread: 1 }]);
});

test("one reader at a time reads for a group, and another takes over when it is gone", async () => {
  await using system = await startSystem();
  await system.startWorker();
  await system.apply();
  const first = system.producer.outcomes({ group: "g" });
  const next = first.next();
  await system.producer.enqueueMany({ action: "a", customers: customers(3), run: "r" });
  await next;
  const second = system.producer.outcomes({ group: "g" });
  const taken = second.next();

  await expect(system.producer.outcomes.read({ group: "g" })).rejects.toMatchObject({
    code: "outcomes_held",
  });
  await first.return?.();

  expect((await taken).value).toMatchObject({ run: "r" });
  await second.return?.();
});

test("pages go on from a cursor, or from where a group is", async () => {
  await using system = await startSystem();
  await system.startWorker();
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(25), run: "r" });
  await system.untilEnded("r");
  const { outcomes } = system.producer;

  const one = await outcomes.read({ limit: 10 });
  const two = await outcomes.read({ limit: 10, after: one.after });
  const three = await outcomes.read({ limit: 10, after: two.after });
  const none = await outcomes.read({ after: three.after });
  const grouped = await outcomes.read({ limit: 10, group: "g" });
  const again = await outcomes.read({ limit: 10, group: "g" });
  const done = await outcomes.read({ limit: 10, group: "g", after: grouped.after });

  expect([one, two, three, none].map((page) => page.outcomes.length)).toEqual([10, 10, 5, 0]);
  expect(none).toMatchObject({ after: three.after, missed: 0 });
  expect(again.outcomes).toEqual(grouped.outcomes);
  expect(done.outcomes).toEqual(two.outcomes);
  expect(await outcomes.groups()).toMatchObject([{ group: "g", unread: 15 }]);
  await outcomes.removeGroup("g");
  expect(await outcomes.groups()).toEqual([]);
});

test("a reader that was away for longer than outcomes are kept is told how many it has missed", async () => {
  await using system = await startSystem();
  await system.startWorker({ POSTRIDER_OUTCOMES_KEPT: "1" });
  await system.apply();
  const run = async (name: string, count: number) => {
    await system.producer.enqueueMany({ action: "a", customers: customers(count), run: name });
    await system.untilEnded(name);
  };
  await run("one", 10);
  const { outcomes } = system.producer;
  const { after } = await outcomes.read({ limit: 4 });
  await take(system, "g", 5);
  await run("two", 990);

  const page = await outcomes.read({ after, limit: 1_000 });
  expect(page.missed).toBeGreaterThan(500);
  expect(4 + (page.missed ?? 0) + page.outcomes.length).toBe(1_000);

  await expect(take(system, "g", 1)).rejects.toMatchObject({
    code: "outcomes_missed",
    message: expect.stringContaining(`${page.missed} outcomes are gone`),
  });
  expect(await take(system, "g", page.outcomes.length)).toHaveLength(page.outcomes.length);
});

test("a reader is told when Redis has gone back to before what it has read", async () => {
  await using system = await startSystem();
  await system.startWorker();
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(5), run: "one" });
  await system.untilEnded("one");
  const { outcomes } = system.producer;
  const { after } = await outcomes.read();
  const missed: (number | null)[] = [];
  await take(system, "g", 5);

  // As a failover to a replica that lacked the last of them.
  const redis = openRedis(system.redisUrl);
  await redis.del(shardKeys.outcomes());
  await redis.hset(shardKeys.totals(), "outcomes", 2);
  redis.disconnect();
  await system.producer.enqueueMany({ action: "a", customers: customers(4), run: "two" });
  await system.untilEnded("two");

  expect(await outcomes.read({ after })).toMatchObject({ missed: null, outcomes: { length: 4 } });
  const reader = outcomes({ group: "g", onMissed: (count) => missed.push(count) });
  expect((await reader.next()).value).toMatchObject({ run: "two" });
  await reader.return?.();
  expect(missed).toEqual([null]);
});

test("what is cancelled where no worker runs leaves no more outcomes than are kept", async () => {
  await using system = await startSystem(undefined, { outcomesKept: 50 });
  await system.apply();
  const { producer } = system;
  await producer.enqueueMany({ action: "a", customers: customers(500), run: "r" });
  await producer.deliveries.cancelAll({ run: "r" });
  for (const { id } of customers(300)) {
    const { id: delivery } = await producer.enqueue({ action: "a", customer: { id } });
    await producer.deliveries.cancel(delivery);
  }

  const redis = openRedis(system.redisUrl);
  // Redis drops whole nodes of some hundred entries.
  expect(await redis.xlen(shardKeys.outcomes())).toBeLessThan(250);
  redis.disconnect();
});

test("no outcome is told where none are kept", async () => {
  await using system = await startSystem();
  await system.startWorker({ POSTRIDER_OUTCOMES_KEPT: "0" });
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(5), run: "r" });
  await system.untilEnded("r");

  expect(await system.producer.outcomes.read()).toMatchObject({ outcomes: [], missed: 0 });
});

test("sealed customers' outcomes open with the key", async () => {
  const secretKeys = newKey("k1");
  await using system = await startSystem(() => reply(200, {}, '{"greeting":"Hello Ann"}'), {
    secretKeys,
    sealCustomers: true,
  });
  await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys });
  await system.apply({ capture: { greeting: "/greeting" } });
  await system.producer.enqueue({ action: "a", customer: { id: "ann@example.com" } });

  expect(await take(system, "g", 1)).toMatchObject([
    { customer: "ann@example.com", attributes: { greeting: "Hello Ann" } },
  ]);
  const redis = openRedis(system.redisUrl);
  expect(JSON.stringify(await redis.xrange(shardKeys.outcomes(), "-", "+"))).not.toMatch(/ann/i);
  redis.disconnect();
});

test.each([
  [{ after: "x" }, "after"],
  [{ after: "0.1" }, "after"],
  [{ limit: 0 }, "limit"],
  [{ limit: 1.5 }, "limit"],
  [{ group: "a b" }, "group"],
])("refuses %j, naming the field", async (query, field) => {
  await using system = await startSystem();

  await expect(system.producer.outcomes.read(query)).rejects.toMatchObject({
    code: "outcomes_invalid",
    problems: [{ field }],
  });
});

test.each([
  [["a", "a"]],
  [["with blank"]],
  [[""]],
  [Array.from({ length: 11 }, (_, index) => `l${index}`)],
  ["vip"],
])("refuses the labels %j", async (labels) => {
  await using system = await startSystem();
  await system.apply();

  await expect(
    system.producer.enqueue({ action: "a", customer: { id: 1 }, labels: labels as string[] }),
  ).rejects.toMatchObject({ code: "delivery_invalid", problems: [{ field: "labels" }] });
});
