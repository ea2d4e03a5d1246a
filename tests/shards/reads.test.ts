// What is read and switched over several shards is as if there were one: lists in order and complete,
// counters that add up, one end of a run, switches that hold everywhere.

import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { ok, reply, type Script } from "../support/receiver.ts";
import { type ShardServers, startShardServers } from "../support/shards.ts";
import { customers, type System, startSystem } from "../support/system.ts";

const SHARDS = 3;
const FAILING = "c1";
const WAIT = { timeoutMs: 300_000 } as const;

let servers: ShardServers;
let system: System;

beforeAll(async () => {
  servers = await startShardServers(2);
  const [redis = ""] = servers.urls;
  // Every customer whose id begins so fails for good.
  const script: Script = ({ body }) => (body.includes(`"id":"${FAILING}`) ? reply(404) : ok());
  system = await startSystem(script, { redis, servers: servers.urls, shards: SHARDS, keyPrefix });
  await system.apply();
  await system.startWorker({ POSTRIDER_LANES: "bulk,transactional" });
});

afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await servers[Symbol.asyncDispose]();
});

/** Runs a thousand customers to their end. */
async function deliver(run: string, count = 300): Promise<void> {
  await system.producer.enqueueMany({ action: "a", run, customers: customers(count), labels: [run] });
  expect(await system.producer.runs.wait(run, WAIT)).toMatchObject({ state: "completed" });
}

test("a run's counters add up over its shards, it is listed once, and its end is told once, of the whole", async () => {
  const { producer } = system;
  await deliver("whole");
  const run = await producer.runs.get("whole");
  const failed = customers(300).filter(({ id }) => id.startsWith(FAILING)).length;
  expect(run).toMatchObject({ enqueued: 300, delivered: 300 - failed, failed, waiting: 0, inFlight: 0 });
  expect(run.failedByReason).toEqual({ reply_4xx: failed });
  expect((await producer.runs.list(10)).map((one) => one.run)).toEqual(["whole"]);
  await eventually(async () => {
    const told = (await producer.events.read()).events.filter(({ type }) => type === "run.completed");
    expect(told).toMatchObject([{ id: "run.completed:whole", data: { enqueued: 300, failed } }]);
  });
  await deliver("second", 20);
  expect((await producer.runs.list(1)).map((one) => one.run)).toEqual(["second"]);
  const [second] = await producer.runs.list(1);
  expect((await producer.runs.list(5, second)).map((one) => one.run)).toEqual(["whole"]);
});

test("dead letters are one list, newest first, page by page; found, replayed and purged by id and by filter", async () => {
  const { producer } = system;
  await deliver("letters");
  const all = await eventually(async () => {
    const { deadLetters } = await producer.deadLetters.list({ run: "letters", limit: 1_000 });
    expect(deadLetters.length).toBe((await producer.runs.get("letters")).failed);
    return deadLetters;
  });
  expect(all.map(({ failedAt }) => failedAt)).toEqual(
    all.map(({ failedAt }) => failedAt).toSorted((a, b) => b - a),
  );
  const paged: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await producer.deadLetters.list({ run: "letters", limit: 7, cursor });
    paged.push(...page.deadLetters.map(({ id }) => id));
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
  expect(paged).toEqual(all.map(({ id }) => id));
  expect(await producer.deadLetters.count({ run: "letters" })).toEqual({
    count: all.length,
    isComplete: true,
  });
  expect((await producer.deadLetters.groups({ run: "letters" })).groups).toMatchObject([
    { count: all.length },
  ]);

  const some = all.slice(0, 9).map(({ id }) => id);
  for (const id of some)
    expect(await producer.deadLetters.show(id)).toMatchObject({ id, reason: "reply_4xx" });
  expect(
    await producer.deadLetters.replay({ ids: [...some, "none"] }, { ratePerSecond: 1_000 }),
  ).toMatchObject({
    replayed: some.length,
    unknown: ["none"],
  });
  await eventually(async () =>
    expect((await producer.deadLetters.count({ run: "letters" })).count).toBe(all.length),
  );
  const places: (string | null)[] = [];
  const purged = await producer.deadLetters.purge(
    { filter: { run: "letters" } },
    { onProgress: (_, { after }) => places.push(after) },
  );
  expect(purged).toEqual({ purged: all.length, unknown: [] });
  // Whoever goes on from the last place has nothing left to do.
  expect(
    await producer.deadLetters.purge({ filter: { run: "letters" } }, { after: places.at(-1) ?? undefined }),
  ).toEqual({
    purged: 0,
    unknown: [],
  });
  await expect(producer.deadLetters.show(some[0] ?? "")).rejects.toMatchObject({
    code: "dead_letter_unknown",
  });
});

test("a delivery is found, changed and ended wherever it lies, and a customer's are one list", async () => {
  const { producer } = system;
  const sendAt = new Date(Date.now() + 3_600_000);
  const enqueued = await producer.enqueueAll(
    Array.from({ length: 12 }, (_, n) => ({
      action: "a",
      customer: { id: "late" },
      key: `late-${n}`,
      sendAt,
    })),
  );
  const ids = enqueued.ids.map((id) => id ?? "");
  for (const id of ids) expect(await producer.deliveries.show(id)).toMatchObject({ id, state: "delayed" });
  expect((await producer.customers.deliveries("late")).map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect(await producer.deliveries.count({ customer: "late" })).toEqual({ count: 12, isComplete: true });
  const [first = "", second = ""] = ids;
  await producer.deliveries.cancel(first);
  expect(await producer.outcomes.get(first)).toMatchObject({ outcome: "cancelled" });
  await producer.deliveries.changeTimes(second, { sendAt: null });
  await eventually(async () =>
    expect(await producer.outcomes.get(second)).toMatchObject({ outcome: "delivered" }),
  );
  expect(await producer.deliveries.cancelAll({ customer: "late" })).toEqual({ cancelled: 10, inFlight: 0 });
  await expect(producer.deliveries.show("none")).rejects.toMatchObject({ code: "delivery_unknown" });
});

test("lists of deliveries go page by page, what has ended the latest first", async () => {
  const { producer } = system;
  await deliver("paged", 120);
  const ids: string[] = [];
  const times: number[] = [];
  let after: string | undefined;
  do {
    const page = await producer.deliveries.list({ label: "paged", limit: 17, after });
    ids.push(...page.deliveries.map(({ id }) => id));
    times.push(...page.deliveries.map(({ outcome }) => outcome?.endedAt ?? 0));
    after = page.after ?? undefined;
  } while (after !== undefined);
  expect([ids.length, new Set(ids).size]).toEqual([120, 120]);
  expect(times).toEqual(times.toSorted((a, b) => b - a));
});

test("all outcomes come, page by page and as they come, and a group goes on where it was", async () => {
  const { producer } = system;
  const wanted = (await producer.outcomes.read({ limit: 1_000 })).outcomes.map(({ id }) => id);
  const paged: string[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await producer.outcomes.read({ limit: 50, ...(after && { after }) });
    paged.push(...page.outcomes.map(({ id }) => id));
    if (page.outcomes.length === 0) break;
    ({ after } = page);
  }
  expect(paged.slice(0, wanted.length).sort()).toEqual([...wanted].sort());
  const followed: string[] = [];
  const read = async (count: number): Promise<void> => {
    const until = followed.length + count;
    for await (const { id } of producer.outcomes({ group: "crm" })) {
      followed.push(id);
      if (followed.length === until) break;
    }
  };
  await read(40);
  await read(paged.length - 39);
  expect([...new Set(followed)].sort()).toEqual([...new Set(paged)].sort());
  await eventually(async () =>
    expect(await producer.outcomes.groups()).toMatchObject([{ group: "crm", unread: 1 }]),
  );
  await producer.outcomes.removeGroup("crm");
  await expect(producer.outcomes.removeGroup("crm")).rejects.toMatchObject({ code: "outcomes_unknown" });
  await expect(producer.outcomes.read({ after: "9.1-1" })).rejects.toMatchObject({
    code: "outcomes_invalid",
  });
});

test("a switch holds in every shard: paused, held, released, cancelled, and a destination that is limited", async () => {
  const { producer, receiver } = system;
  await producer.enqueueMany({ action: "a", run: "held", customers: customers(60), hold: true });
  expect(await producer.runs.get("held")).toMatchObject({ state: "held", waiting: 60 });
  await producer.runs.pause("held");
  expect(await producer.runs.get("held")).toMatchObject({ state: "paused" });
  await producer.runs.resume("held");
  await producer.runs.release("held");
  expect(await producer.runs.wait("held", WAIT)).toMatchObject({ state: "completed", enqueued: 60 });

  await producer.destinations.pause(receiver.url);
  expect(await producer.destinations.show(receiver.url)).toMatchObject({ isPaused: true });
  await producer.enqueueMany({ action: "a", run: "stopped", customers: customers(40) });
  await producer.runs.cancel("stopped");
  await producer.destinations.resume(receiver.url);
  expect(await producer.runs.wait("stopped", WAIT)).toMatchObject({
    state: "cancelled",
    cancelled: 40,
    delivered: 0,
  });
  await eventually(async () => {
    const told = (await producer.events.read({ limit: 1_000 })).events.map(({ id }) => id);
    for (const id of ["run.cancelled:stopped", "run.completed:stopped", "run.completed:held"])
      expect(told.filter((one) => one === id)).toEqual([id]);
    expect(told.filter((id) => id.startsWith("run.paused:held"))).toHaveLength(1);
  });
});

test("the overview, the charts and the figures count every shard", async () => {
  const { producer } = system;
  const { enqueued, ended, workers, lanes } = await producer.overview();
  expect(ended).toBe(enqueued);
  expect(workers).toHaveLength(1);
  expect(lanes.map(({ lane }) => lane).sort()).toEqual(["bulk", "transactional"]);
  await eventually(async () => {
    const { series } = await producer.metrics.series({ measures: ["enqueued"] });
    const counted = series
      .flatMap(({ points }) => points)
      .reduce((sum: number, point) => sum + (point ?? 0), 0);
    expect(counted).toBe(enqueued);
  });
  await producer.watching.figures.gather();
  await eventually(async () =>
    expect(await producer.watching.figures.read()).toMatchObject({ enqueued, ended, workers: 1 }),
  );
  expect(producer.shardsAway()).toEqual([]);
});

test("while a server is away the others are read, and what is asked of it says so", async () => {
  const { producer } = system;
  await servers.kill(1);
  await eventually(async () => {
    await producer.overview();
    expect(producer.shardsAway()).toEqual(["1"]);
  });
  const run = await producer.runs.get("whole");
  expect(run.enqueued).toBeLessThan(300);
  expect(run.completedAt).toBeNull();
  await expect(producer.runs.pause("whole")).rejects.toMatchObject({
    code: "redis_unavailable",
    message: expect.stringContaining("the shard 1 does not answer"),
  });
  expect((await producer.runs.list(50)).length).toBeGreaterThan(3);
  await servers.restart(1);
  await eventually(async () => {
    expect(producer.shardsAway()).toEqual([]);
    expect(await producer.runs.get("whole")).toMatchObject({ enqueued: 300, state: "completed" });
  });
});
