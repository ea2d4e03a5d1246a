// Each event once per transition, and in pairs.

import type { ReadEvent } from "@postrider/producer/events/events";
import type { EventType } from "@postrider/shared/operator-event";
import { EVENTS } from "@postrider/shared/operator-event";
import { expect, test } from "vitest";
import { bury } from "../support/dead-letters.ts";
import { eventually } from "../support/eventually.ts";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { reply } from "../support/receiver.ts";
import { findKeys } from "../support/redis-keys.ts";
import { customers, type System, startSystem } from "../support/system.ts";

async function all(system: System): Promise<readonly ReadEvent[]> {
  const { events } = await system.producer.events.read({ limit: 1_000 });
  for (const { type, data } of events) EVENTS[type].data.parse(data);
  return events;
}

async function until(system: System, types: readonly EventType[]): Promise<readonly ReadEvent[]> {
  return eventually(async () => {
    const events = await all(system);
    expect(events.map(({ type }) => type)).toEqual(types);
    return events;
  });
}

test("a run is told as paused, resumed, cancelled and completed, each once however often it is asked for", async () => {
  await using system = await startSystem();
  await system.startWorker();
  await system.apply();
  const { runs, enqueueMany } = system.producer;
  const order = { action: "a", customers: customers(3) };
  await enqueueMany({ ...order, run: "one", open: true });
  for (const turn of ["pause", "pause", "resume", "resume", "pause", "resume"] as const)
    await runs[turn]("one");
  await runs.close("one");
  await runs.close("one");
  const completed = await until(system, [
    ...(["run.paused", "run.resumed", "run.paused", "run.resumed"] as const),
    "run.completed",
  ]);
  // More comes, and ends again: it has been told.
  await enqueueMany({ ...order, customers: customers(4), run: "one" });
  await system.untilEnded("one");
  await enqueueMany({ ...order, run: "two", hold: true });
  await runs.pause("two");
  await runs.cancel("two");
  await runs.cancel("two");
  await system.untilEnded("two");

  const common = { action: "a@1", lane: "bulk" };
  expect(completed.at(-1)).toMatchObject({
    id: "run.completed:one",
    data: { run: "one", ...common, enqueued: 3, delivered: 3, failed: 0, isCancelled: false },
  });
  expect((await system.producer.runs.get("one")).completedAt).toBe(completed.at(-1)?.timestamp);
  const events = await until(system, [
    ...completed.map(({ type }) => type),
    ...(["run.paused", "run.cancelled", "run.completed"] as const),
  ]);
  expect(events.at(-1)?.data).toEqual({
    ...{ run: "two", ...common, enqueued: 3, delivered: 0, failed: 0, expired: 0, cancelled: 3 },
    isCancelled: true,
  });
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
});

test("a circuit is told as opened and as closed, whoever closes it", async () => {
  let isDown = true;
  await using system = await startSystem(() => reply(isDown ? 503 : 200));
  await system.startWorker({ POSTRIDER_CIRCUIT_ATTEMPTS_MIN: "5", POSTRIDER_CIRCUIT_PAUSE_MS: "300" });
  await system.apply({ retry: { attempts: 100, baseMs: 200, factor: 1, maxMs: 200 } });
  await system.producer.enqueueMany({ action: "a", customers: customers(10), run: "r" });
  // Some failed probes later it is still the same opening.
  await until(system, ["destination.circuit_opened"]);
  await eventually(async () =>
    expect((await system.producer.destinations.list())[0]?.probeAt).toBeGreaterThan(Date.now() + 600),
  );
  isDown = false;
  const [opened, closed] = await eventually(async () => {
    const events = (await all(system)).filter(({ type }) => type.startsWith("destination."));
    expect(events.map(({ type }) => type)).toEqual([
      "destination.circuit_opened",
      "destination.circuit_closed",
    ]);
    return events;
  });

  const destination = new URL(system.receiver.url).origin;
  expect([opened?.data, closed?.data]).toEqual([{ destination, pauseMs: 300 }, { destination }]);
});

test("a failing action that is archived has recovered once nothing of it ends any more", async () => {
  await using system = await startSystem(() => reply(400));
  await system.startWorker();
  await system.apply();
  const redis = openRedis(system.redisUrl);
  const types = async () => (await all(system)).map(({ type }) => type);
  await system.producer.enqueueMany({ action: "a", customers: customers(20), run: "bad" });
  await eventually(async () => expect(await types()).toContain("action.failing"));
  await system.producer.actions.archive("a");

  // As after some minutes.
  await eventually(async () => {
    const counted = await findKeys(redis, "roll-ups:minute*");
    if (counted.length > 0) await redis.unlink(...counted);
    expect((await all(system)).at(-1)).toMatchObject({
      type: "action.recovered",
      data: { action: "a", ended: 0, failed: 0 },
    });
  });
  redis.disconnect();
});

test("many dead letters, a failing action and a reader that falls behind are told with room between beginning and end", async () => {
  let isRefusing = true;
  await using system = await startSystem(() => reply(isRefusing ? 400 : 200));
  await system.startWorker({ POSTRIDER_DEAD_LETTERS_THRESHOLD: "10", POSTRIDER_OUTCOMES_KEPT: "40" });
  await system.apply();
  const redis = openRedis(system.redisUrl);
  const ids = await bury(redis, { count: 11, run: "dead" });
  const told = (type: string) =>
    eventually(async () => {
      const found = (await all(system)).filter((event) => event.type.startsWith(type));
      expect(found.length).toBeGreaterThan(0);
      return found;
    });
  expect((await told("dead_letters"))[0]?.data).toEqual({ deadLetters: 11, threshold: 10 });
  await system.producer.enqueueMany({ action: "a", customers: customers(20), run: "bad" });
  expect((await told("action"))[0]?.data).toEqual({ action: "a", ended: 20, failed: 20, minutes: 5 });
  isRefusing = false;
  await system.producer.deadLetters.purge({ filter: { run: "bad" } });
  await system.producer.deadLetters.purge({ ids: ids.slice(0, 2) });
  await system.producer.outcomes.read({ group: "slow", start: "newest" });
  await system.producer.enqueueMany({ action: "a", customers: customers(65), run: "r" });
  expect((await told("outcomes"))[0]?.data).toEqual({ group: "slow", unread: expect.any(Number), kept: 40 });
  // Nine dead letters are neither as many nor few: nothing was told of them in all that time.
  expect(await told("dead_letters")).toHaveLength(1);
  await system.producer.deadLetters.purge({ ids: ids.slice(2, 4) });
  await system.producer.outcomes.removeGroup("slow");

  await eventually(async () =>
    expect((await all(system)).map(({ type }) => type)).toEqual(
      expect.arrayContaining(["action.recovered", "dead_letters.cleared", "outcomes.reader_caught_up"]),
    ),
  );
  expect(await redis.hkeys(shardKeys.eventStates())).toEqual([]);
  redis.disconnect();
});
