// Tasks while Redis is killed, or full: they go on afterwards, nothing is done twice, and nothing is lost.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import type { Producer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { type RunningApi, startApi } from "../support/api.ts";
import { bury, takeStock } from "../support/dead-letters.ts";
import { eventually } from "../support/eventually.ts";
import { closedPort } from "../support/network.ts";
import { openRedis } from "../support/open-redis.ts";
import { redisBinary } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const LETTERS = 400;
/** Partly in the shared lane, partly in the run's own. */
const WAITING = 1_300;
/** So many a second, so that both tasks are under way when something happens to Redis. */
const RATES = { replay: 100, cancel: 300 };
/** A tenth of a second's worth at most. */
const STEPS = { replay: 10, cancel: 30 };

interface Begun {
  readonly letters: readonly string[];
  readonly replay: string;
  readonly cancel: string;
}

/** A replay and a cancel, both under way. */
async function begin({ producer, redisUrl }: RunningApi): Promise<Begun> {
  const redis = openRedis(redisUrl);
  const letters = await bury(redis, { count: LETTERS, run: "dead" });
  redis.disconnect();
  await producer.actions.apply({ id: "a", url: "https://api.example.com/", body: "{}" });
  await producer.enqueueMany({ action: "a", customers: customers(WAITING), run: "r" });
  const { replay: replayRate, cancel: cancelRate } = RATES;
  const replay = await producer.tasks.begin(
    { do: "replay", filter: { run: "dead" }, ratePerSecond: replayRate },
    "test",
  );
  const cancel = await producer.tasks.begin(
    { do: "cancel", filter: { run: "r" }, ratePerSecond: cancelRate },
    "test",
  );
  await eventually(async () => {
    expect((await producer.tasks.get(replay.id)).counts["replayed"]).toBeGreaterThan(STEPS.replay);
    expect((await producer.tasks.get(cancel.id)).counts["cancelled"]).toBeGreaterThan(STEPS.cancel);
  });
  return { letters, replay: replay.id, cancel: cancel.id };
}

/** Both tasks are let go of, once Redis does not take what they tell. */
async function untilLetGo({ logged }: RunningApi): Promise<void> {
  await eventually(() =>
    expect(logged.filter(({ msg }) => String(msg).startsWith("task let go of"))).toHaveLength(2),
  );
}

/** Waits for the ends of the tasks, and checks all that they were to do. */
async function checkDone({ producer, redisUrl }: RunningApi, begun: Begun): Promise<void> {
  const untilDone = (id: string) =>
    eventually(async () => {
      const task = await producer.tasks.get(id).catch(() => null);
      expect(task).toMatchObject({ state: "done", error: null });
      return task?.counts ?? {};
    });
  const [replayed, cancelled] = [await untilDone(begun.replay), await untilDone(begun.cancel)];
  // Of each the one step that was not told any more is not counted; it is done all the same.
  expectWithin(replayed["replayed"], LETTERS, STEPS.replay);
  expectWithin(cancelled["cancelled"], WAITING, STEPS.cancel);

  const redis = openRedis(redisUrl);
  const { dead, waiting, unsound } = await takeStock(redis, "bulk", begun.letters);
  expect({ dead, waiting, unsound }).toEqual({ dead: 0, waiting: LETTERS, unsound: [] });
  redis.disconnect();
  const balance = { lost: 0, surplus: 0 };
  expect(await producer.runs.get("dead")).toMatchObject({ failed: 0, waiting: LETTERS, imbalance: balance });
  expect(await producer.runs.get("r")).toMatchObject({
    ...{ state: "completed", enqueued: WAITING, cancelled: WAITING, waiting: 0 },
    imbalance: balance,
  });
  const told = await readTold(producer);
  expect(told).toHaveLength(WAITING);
  expect(new Set(told).size).toBe(WAITING);
}

function expectWithin(count: number | undefined, most: number, step: number): void {
  expect(count).toBeLessThanOrEqual(most);
  expect(count).toBeGreaterThanOrEqual(most - step);
}

/** The ids of all deliveries whose outcome was told. */
async function readTold({ outcomes }: Producer): Promise<string[]> {
  const ids: string[] = [];
  for (let page = await outcomes.read({ limit: 1_000 }); page.outcomes.length > 0; ) {
    ids.push(...page.outcomes.map(({ id }) => id));
    page = await outcomes.read({ limit: 1_000, after: page.after });
  }
  return ids;
}

test.concurrent("Redis killed and started again: tasks go on where they were", async () => {
  const directory = await mkdtemp(join(tmpdir(), "postrider-test-redis-"));
  const binary = redisBinary();
  const first = await startRedisServer({
    binary,
    directory,
    port: await closedPort(),
    appendFsync: "always",
  });
  const api = await startApi({ POSTRIDER_REDIS_URL: first.url });
  const begun = await begin(api);
  await first.kill();
  await untilLetGo(api);

  const second = await startRedisServer({ binary, directory, appendFsync: "always", port: first.port });
  await checkDone(api, begun);
  await api[Symbol.asyncDispose]();
  await second.stop();
  await rm(directory, { recursive: true });
});

test.concurrent("Redis full: tasks wait, and go on once there is room", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  const redis = new Redis(server.url, { replyMapping: "legacy" });
  const api = await startApi({ POSTRIDER_REDIS_URL: server.url });
  const begun = await begin(api);
  await redis.config("SET", "maxmemory", "1mb");
  await untilLetGo(api);
  await expect(api.producer.tasks.begin({ do: "purge", filter: {} }, "test")).rejects.toMatchObject({
    code: "redis_full",
  });

  await redis.config("SET", "maxmemory", "0");
  await checkDone(api, begun);
  redis.disconnect();
  await api[Symbol.asyncDispose]();
  await server.stop();
});
