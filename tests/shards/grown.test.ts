// What was begun with one shard goes on with several: runs end and are told once, what is released by itself
// is found, and whoever only reads learns of the new shards.

import { setTimeout as sleep } from "node:timers/promises";
import { createProducer } from "@postrider/producer/producer";
import { closeRun } from "@postrider/redis/scripts/close-run";
import { openRun } from "@postrider/redis/scripts/open-run";
import { createShard } from "@postrider/redis/shard";
import { WHOLE_RUNS_MS } from "@postrider/redis/whole-runs";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { shardNames } from "../support/shards.ts";
import { customers, type System, startSystem } from "../support/system.ts";

const WAIT = { timeoutMs: 300_000 } as const;

/** Raises the number of shards, and waits until new deliveries enter all of them. */
async function grow({ producer }: System, count: number): Promise<void> {
  await producer.shards.set(count);
  let tries = 0;
  await eventually(async () => {
    await producer.enqueueMany({
      action: "a",
      run: `probe-${tries++}`,
      customers: customers(20),
      open: true,
    });
    expect((await producer.shards.list()).every(({ name, open }) => name === "0" || open === 0)).toBe(false);
  });
}

test("a run that was closed with one shard is over also once a switch has been set in the others, and is told once", async () => {
  await using system = await startSystem();
  const { producer } = system;
  await system.apply();
  const worker = await system.startWorker();
  await producer.enqueueMany({ action: "a", run: "old", customers: customers(10) });
  expect(await producer.runs.wait("old", WAIT)).toMatchObject({ state: "completed", enqueued: 10 });
  await producer.enqueueMany({ action: "a", run: "held", customers: customers(40), hold: true });
  await worker.close();
  await grow(system, 2);

  await producer.runs.pause("old");
  await producer.runs.resume("old");
  expect(await producer.runs.wait("old", WAIT)).toMatchObject({ state: "completed", enqueued: 10 });
  // Their homes are in both shards by now, and they lie in the old one.
  const { deliveries } = await producer.deliveries.list({ run: "held" });
  expect(deliveries).toHaveLength(40);
  for (const { id } of deliveries) await producer.runs.release("held", id);
  await expect(producer.runs.release("held", "r.none")).rejects.toMatchObject({ code: "delivery_unknown" });
  await expect(producer.runs.release("none", "r.none")).rejects.toMatchObject({ code: "run_unknown" });

  // The same run once more: nothing is new, and its end is no news either.
  await producer.enqueueMany({ action: "a", run: "old", customers: customers(10) });
  await producer.watching.tellWholeRuns();
  await producer.enqueueMany({ action: "a", run: "new", customers: [] });
  await eventually(async () => {
    await producer.watching.tellWholeRuns();
    const told = (await producer.events.read({ limit: 1_000 })).events.map(({ id }) => id);
    expect(told).toContain("run.completed:new");
    expect(told.filter((id) => id === "run.completed:old")).toHaveLength(1);
  });
});

test("a reader that enqueues nothing reads what is told in a shard that came later, also where something always comes", async () => {
  await using system = await startSystem();
  const { producer, redisUrl } = system;
  await system.apply();
  await system.startWorker();
  const reader = await createProducer({ redis: redisUrl, keyPrefix });
  const ending = new AbortController();
  const shards = new Set<string>();
  const reading = (async () => {
    for await (const { cursor } of reader.outcomes({ group: "all", signal: ending.signal }))
      for (const place of cursor.split(",")) shards.add(place.slice(0, place.indexOf(".")));
  })();
  let sent = 0;
  const sending = (async () => {
    while (!ending.signal.aborted)
      await producer.enqueueMany({ action: "a", run: `r${sent++}`, customers: customers(10), open: true });
  })();
  await producer.shards.set(2);
  const names = await shardNames(producer.store);
  await eventually(() => expect([...shards].sort()).toEqual([...names].sort()));
  ending.abort();
  await Promise.all([reading, sending]);
  await reader.close();
});

test("a shard is not let go of while some may not know yet that it drains, nor while somebody has not read it, nor while it remembers ids", async () => {
  await using system = await startSystem(undefined, { shards: 2 });
  const { producer } = system;
  await system.apply();
  await system.apply({ id: "carrier", body: "{{ event.data.id }}" });
  // Nobody carries it.
  await producer.subscriptions.set("pager", { action: "carrier", outcomes: {} });
  await system.startWorker();
  await producer.outcomes.read({ group: "crm" });
  await producer.enqueueMany({ action: "a", run: "r", customers: customers(40) });
  await producer.runs.wait("r", WAIT);
  const [first, second = ""] = await shardNames(producer.store);
  await producer.shards.set(1);
  await expect(producer.shards.remove(second)).rejects.toMatchObject({
    code: "settings_invalid",
    message: expect.stringContaining(`may still enter the shard ${second}`),
  });
  await eventually(() =>
    expect(producer.shards.remove(second)).rejects.toMatchObject({
      code: "settings_invalid",
      message: expect.stringMatching(`the group crm has not read \\d+ outcomes of the shard ${second}`),
    }),
  );
  await producer.outcomes.removeGroup("crm");
  const refusal = async (): Promise<string> => {
    const error = await producer.shards.remove(second).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "settings_invalid" });
    return (error as Error).message;
  };
  expect(await refusal()).toMatch(
    new RegExp(`the subscription pager has not been told \\d+ outcomes of the shard ${second}`),
  );
  await producer.subscriptions.remove("pager");
  expect(await refusal()).toMatch(/remembers for another \d+ minutes what has ended there/);
  await producer.shards.remove(second, { forgetIds: true });
  expect((await producer.shards.list()).map(({ name }) => name)).toEqual([first]);
});

test("the end of a run is told also where hundreds of newer ones are open", async () => {
  await using system = await startSystem(undefined, { shards: 2 });
  const { producer } = system;
  await system.apply();
  const { action } = await producer.enqueueMany({ action: "a", run: "oldest", customers: [], open: true });
  const newer = { action, lane: "bulk", at: Date.now() + 1_000, isPart: true };
  for (const name of await shardNames(producer.store)) {
    const shard = createShard(producer.store.redis, keyPrefix, name);
    await Promise.all(Array.from({ length: 450 }, (_, n) => openRun(shard, `newer-${n}`, newer)));
  }
  await producer.runs.close("oldest");
  await eventually(async () => {
    await producer.watching.tellWholeRuns();
    const told = (await producer.events.read()).events.map(({ id }) => id);
    expect(told).toContain("run.completed:oldest");
  });
});

test("a part that ended once and got more since keeps the end of its run from being told", async () => {
  await using system = await startSystem(undefined, { shards: 2 });
  const { producer } = system;
  await system.apply();
  // Of nobody: both parts have ended at once, and nothing was told yet.
  const { action } = await producer.enqueueMany({ action: "a", run: "r", customers: [], open: true });
  const [first, second] = (await shardNames(producer.store)).map((name) =>
    createShard(producer.store.redis, keyPrefix, name),
  );
  if (first === undefined || second === undefined) throw new Error("there are two shards");
  for (const shard of [first, second]) {
    await openRun(shard, "r", { action, lane: "bulk", isPart: true });
    await closeRun(shard, "r");
  }
  await first.redis.hset(first.keys.run("r"), { enqueued: 2, delivered: 2 });
  await second.redis.hset(second.keys.run("r"), { enqueued: 3, delivered: 1, failed: 1 });
  const ends = async (): Promise<unknown[]> => {
    await producer.watching.tellWholeRuns();
    const { events } = await producer.events.read();
    return events.filter(({ id }) => id === "run.completed:r").map(({ data }) => data);
  };
  // Another process may be the one that looks, and each looks once in a second.
  for (let looks = 0; looks < 3; looks++) {
    expect(await ends()).toEqual([]);
    await sleep(WHOLE_RUNS_MS);
  }

  await second.redis.hset(second.keys.run("r"), { delivered: 2 });

  await eventually(async () =>
    expect(await ends()).toMatchObject([{ enqueued: 5, delivered: 4, failed: 1 }]),
  );
});

test("a run is cancelled where all of its parts are; before that whoever was killed can do it again", async () => {
  await using system = await startSystem(undefined, { shards: 2 });
  const { producer } = system;
  await system.apply();
  await producer.enqueueMany({ action: "a", run: "r", customers: customers(40) });
  const [name = ""] = await shardNames(producer.store);
  const { redis, keys } = createShard(producer.store.redis, keyPrefix, name);
  // As a cancel leaves it that got no further.
  await redis.hset(keys.run("r"), "isCancelled", 1);
  await producer.watching.tellWholeRuns();
  expect(await producer.runs.get("r")).toMatchObject({ state: "running", waiting: 40 });

  await producer.runs.cancel("r");

  expect(await producer.runs.get("r")).toMatchObject({ state: "cancelled" });
  await system.startWorker();
  expect(await producer.runs.wait("r", WAIT)).toMatchObject({ state: "cancelled", cancelled: 40 });
  await eventually(async () => {
    const { events } = await producer.events.read();
    expect(events.filter(({ id }) => id === "run.cancelled:r")).toHaveLength(1);
  });
});
