import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bury } from "../support/dead-letters.ts";
import { eventually } from "../support/eventually.ts";
import { shardKeys } from "../support/keys.ts";
import { reply } from "../support/receiver.ts";
import { isolatedRedisUrl, redisBinary } from "../support/redis.ts";
import { startSystem } from "../support/system.ts";

let redis: Redis;
let producer: Producer;

beforeAll(async () => {
  const url = await isolatedRedisUrl();
  redis = new Redis(url, { replyMapping: "legacy" });
  producer = await createProducer({ redis: url });
});
afterAll(async () => {
  await producer.close();
  redis.disconnect();
});

/** Every page of a list, one after the other. */
async function listAll(
  query: NonNullable<Parameters<Producer["deadLetters"]["list"]>[0]>,
  { deadLetters }: Producer = producer,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const list = await deadLetters.list({ ...query, cursor });
    ids.push(...list.deadLetters.map(({ id }) => id));
    cursor = list.cursor;
  }
  return ids;
}

test("each filter finds what it names and nothing else, newest first", async () => {
  await redis.flushdb();
  await producer.actions.apply({ id: "a", url: "https://static.example/{{ customer.id }}" });
  const early = await bury(redis, { count: 5, run: "early", from: 1_000 });
  const late = await bury(redis, { count: 5, run: "late", from: 2_000, reason: "gone", action: "b@2" });
  const met = await bury(redis, { count: 5, run: "met", from: 3_000, destination: "https://met.example" });
  const single = await bury(redis, {
    count: 5,
    run: "other",
    from: 4_000,
    lane: "transactional",
    action: "b@3",
  });
  const newest = [...early, ...late, ...met, ...single].reverse();
  const found = async (query: Parameters<typeof listAll>[0]) => new Set(await listAll(query));

  expect(await listAll({})).toEqual(newest);
  expect(await found({ run: "early" })).toEqual(new Set(early));
  expect(await found({ reason: "gone" })).toEqual(new Set(late));
  expect(await found({ action: "b" })).toEqual(new Set([...late, ...single]));
  expect(await found({ action: "b@3" })).toEqual(new Set(single));
  expect(await found({ destination: "https://met.example/any/path" })).toEqual(new Set(met));
  expect(await found({ destination: "https://static.example" })).toEqual(new Set(early));
  expect(await found({ lane: "transactional" })).toEqual(new Set(single));
  expect(await found({ from: new Date(1_003), to: new Date(2_001) })).toEqual(
    new Set([...early.slice(3), ...late.slice(0, 2)]),
  );
  expect(await found({ run: "met", reason: "gone" })).toEqual(new Set());
  expect(await producer.deadLetters.list({ run: "late", limit: 1 })).toMatchObject({
    total: 20,
    deadLetters: [
      {
        lane: "bulk",
        run: "late",
        action: "b@2",
        customerId: "c4",
        reason: "gone",
        attempts: 3,
        failedAt: 2_004,
      },
    ],
  });
});

test("pages meet each letter once, over lanes and within one millisecond, while others come and go", async () => {
  await redis.flushdb();
  const bulk = await bury(redis, { count: 700, run: "r", from: 5_000, perMs: 300 });
  const single = await bury(redis, { count: 700, run: "s", from: 5_000, perMs: 300, lane: "transactional" });
  const seen: string[] = [];
  let cursor: string | null | undefined;
  let arrived = 0;
  while (cursor !== null) {
    const list = await producer.deadLetters.list({ limit: 90, cursor });
    seen.push(...list.deadLetters.map(({ id }) => id));
    cursor = list.cursor;
    // What was shown goes, the letter at the cursor among it; and a new one comes.
    const last = list.deadLetters.slice(-2).map(({ id }) => id);
    expect(await producer.deadLetters.purge({ ids: last })).toEqual({ purged: last.length, unknown: [] });
    await bury(redis, { count: 1, run: `new${arrived++}`, from: 9_000 });
  }

  expect(seen).toHaveLength(1_400);
  expect(new Set(seen)).toEqual(new Set([...bulk, ...single]));
});

test("what is no delivery is listed and shown all the same", async () => {
  await redis.flushdb();
  const [id = ""] = await bury(redis, { count: 1, run: "r", reason: "delivery_invalid" });
  await redis.hset(shardKeys.job("bulk", id), "data", "{not even JSON");
  await redis.rpush(`${shardKeys.job("bulk", id)}:logs`, "nor this");

  expect((await producer.deadLetters.list()).deadLetters).toMatchObject([
    { id, reason: "delivery_invalid", run: null, action: "" },
  ]);
  expect(await producer.deadLetters.show(id)).toMatchObject({
    delivery: null,
    request: null,
    problems: [{ message: "it is no delivery" }],
  });
});

test("100,000 dead letters: a list reads a bounded part, the grouped view counts them all", async () => {
  // A server of its own, since its statistics are of all that it serves.
  const server = await startRedisServer({ binary: redisBinary() });
  await using _ = {
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await producer.close();
      await server.stop();
    },
  };
  const redis = new Redis(server.url, { replyMapping: "legacy" });
  const producer = await createProducer({ redis: server.url });
  const hour = 3_600_000;
  await bury(redis, { count: 60_000, run: "big", from: hour, destination: "https://one.example" });
  await bury(redis, {
    count: 39_990,
    run: "two",
    from: 2 * hour,
    reason: "timeout",
    destination: "https://two.example",
  });
  const rare = await bury(redis, { count: 10, run: "rare", from: 1_000, reason: "gone", action: "none@1" });
  const lettersRead = async (work: () => Promise<unknown>): Promise<number> => {
    await redis.config("RESETSTAT");
    await work();
    return Number(/cmdstat_hmget:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0);
  };

  expect(await lettersRead(() => producer.deadLetters.list({ limit: 50 }))).toBeLessThanOrEqual(100);
  // What tells nothing by id or reason is read, up to a bound; the cursor goes on.
  expect(
    await lettersRead(async () => {
      const list = await producer.deadLetters.list({ destination: "https://none.example" });
      expect(list).toMatchObject({ deadLetters: [], total: 100_000 });
      expect(list.cursor).not.toBeNull();
    }),
  ).toBeLessThanOrEqual(11_000);
  // The last ten of a hundred thousand, by what their ids and reasons tell.
  expect(
    await lettersRead(async () =>
      expect(await listAll({ run: "rare" }, producer)).toEqual([...rare].reverse()),
    ),
  ).toBe(10);
  expect(
    await lettersRead(async () => expect(await listAll({ reason: "gone" }, producer)).toHaveLength(10)),
  ).toBe(10);

  const { groups, ...facts } = await producer.deadLetters.groups();
  expect(facts).toEqual({ others: 0, scanned: 100_000, isComplete: true });
  expect(groups).toMatchObject([
    {
      of: { reason: "reply_5xx", destination: "https://one.example" },
      count: 60_000,
      lastFailedAt: hour + 59_999,
    },
    { of: { reason: "timeout", destination: "https://two.example" }, count: 39_990, firstFailedAt: 2 * hour },
    { of: { reason: "gone", destination: null }, count: 10, example: rare.at(-1) },
  ]);
  expect(await producer.deadLetters.groups({ by: ["run"], scanMax: 5_000 })).toMatchObject({
    scanned: 5_000,
    isComplete: false,
    groups: [{ of: { run: "two" }, count: 5_000 }],
  });
});

test.each([
  [{ action: "A B" }, "dead_letters_invalid", /action: "A B" must look like/],
  [{ reason: "bad luck" as never }, "dead_letters_invalid", /reason: "bad luck"/],
  [{ lane: "no lane" }, "dead_letters_invalid", /lane/],
  [{ destination: "nowhere" }, "destination_invalid", /nowhere/],
  [{ run: "a b" }, "delivery_invalid", /run/],
  [{ from: new Date(Number.NaN) }, "dead_letters_invalid", /from: is not a date/],
  [{ from: new Date(2), to: new Date(1) }, "dead_letters_invalid", /to: must not be before from/],
  [{ cursor: "nonsense" }, "dead_letters_invalid", /cursor/],
  [{ limit: 0 }, "dead_letters_invalid", /limit/],
])("refuses %j, naming the field", async (query, code, message) => {
  await expect(producer.deadLetters.list(query)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test("finds the dead letter of a lane into which nothing was ever put directly", async () => {
  await using system = await startSystem(() => reply(400));
  await system.apply({ limits: { concurrency: 5 } });
  await system.startWorker({ POSTRIDER_LANES: "vip" });

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 }, lane: "vip" });

  await eventually(async () =>
    expect((await system.producer.deadLetters.list()).deadLetters).toMatchObject([{ id, lane: "vip" }]),
  );
});
