import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { packDelivery } from "@postrider/shared/delivery";
import { createSealer, parseSecretKeys } from "@postrider/shared/seal";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../support/command-line.ts";
import { bury } from "../support/dead-letters.ts";
import { eventually } from "../support/eventually.ts";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { reply } from "../support/receiver.ts";
import { isolatedRedisUrl, redisBinary } from "../support/redis.ts";
import { deleteKeys } from "../support/redis-keys.ts";
import { newKey } from "../support/secret-keys.ts";
import { startSystem } from "../support/system.ts";

let url: string;
let redis: Redis;
let producer: Producer;

beforeAll(async () => {
  url = await isolatedRedisUrl();
  redis = openRedis(url);
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
  await deleteKeys(url);
  await producer.actions.apply({ id: "a", url: "https://static.example/{{ customer.id }}" });
  const early = await bury(redis, { count: 5, run: "early", from: 1_000 });
  const late = await bury(redis, { count: 5, run: "late", from: 2_000, reason: "gone", action: "b@2" });
  const met = await bury(redis, {
    count: 5,
    run: "met",
    from: 3_000,
    destination: "https://met.example",
    labels: ["spring", "de"],
  });
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
  expect(await found({ from: "1970-01-01T00:00:03.001Z", lane: "bulk" })).toEqual(new Set(met.slice(1)));
  expect(await found({ to: new Date(8.64e15) })).toEqual(new Set(newest));
  expect(await found({ run: "met", reason: "gone" })).toEqual(new Set());
  expect(await found({ label: "de" })).toEqual(new Set(met));
  expect(await found({ label: "d" })).toEqual(new Set());
  expect(await found({ customer: "c2" })).toEqual(new Set([early[2], late[2], met[2], single[2]]));
  expect(await found({ customer: "c2", run: "met", label: "spring" })).toEqual(new Set([met[2]]));
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

test("a customer is compared as text, and found in sealed deliveries where the key is at hand", async () => {
  await deleteKeys(url);
  const ids = await bury(redis, { count: 3, run: "r" });
  const secretKeys = newKey("k");
  const keys = parseSecretKeys(secretKeys);
  if ("problem" in keys) throw new Error(keys.problem);
  const customers = [{ id: 7 }, { id: "7" }, { id: "70" }];
  for (const [index, customer] of customers.entries()) {
    const delivery = { v: 1, action: "a@1", run: "r", customer } as const;
    const { packed } = packDelivery(delivery, index === 1 ? createSealer(keys) : null);
    await redis.hset(shardKeys.job("bulk", ids[index] ?? ""), "data", JSON.stringify(packed));
  }
  const keyed = await createProducer({ redis: url, secretKeys });

  expect(new Set(await listAll({ customer: "7" }, keyed))).toEqual(new Set(ids.slice(0, 2)));
  expect(new Set(await listAll({ customer: 7n }, keyed))).toEqual(new Set(ids.slice(0, 2)));
  expect(await listAll({ customer: 7 })).toEqual(ids.slice(0, 1));
  await keyed.close();
});

test("the command line takes the same filter", async () => {
  await deleteKeys(url);
  await bury(redis, { count: 3, run: "one", labels: ["x"] });
  await bury(redis, { count: 3, run: "two" });
  const environment = { POSTRIDER_REDIS_URL: url };
  const filter = ["--customer", "c1", "--label", "x", "--json"];

  const listed = await run(["dead-letters", "list", ...filter], environment);
  expect(JSON.parse(listed.stdout).deadLetters).toMatchObject([{ run: "one", customerId: "c1" }]);
  const replayed = await run(["dead-letters", "replay", ...filter], environment);
  expect(JSON.parse(replayed.stdout)).toMatchObject({ replayed: 1 });
  const purged = await run(["dead-letters", "purge", "--label", "x", "--json"], environment);
  expect(JSON.parse(purged.stdout)).toMatchObject({ purged: 2 });
  expect((await run(["dead-letters", "list", "--label", "a b"], environment)).code).toBe(2);
});

test("a count is exact where it looks at all, and says where it does not", async () => {
  await deleteKeys(url);
  await bury(redis, { count: 3_000, run: "one", from: 1_000, labels: ["x"] });
  await bury(redis, { count: 10, run: "two", from: 10_000, lane: "transactional" });
  const { count } = producer.deadLetters;

  expect(await count({})).toEqual({ count: 3_010, isComplete: true });
  expect(await count({ lane: "bulk", from: new Date(2_000), to: new Date(2_009) })).toEqual({
    count: 10,
    isComplete: true,
  });
  expect(await count({ label: "x", customer: "c5" })).toEqual({ count: 1, isComplete: true });
  const partly = await count({ label: "x" }, { scanMax: 1_500 });
  expect(partly.isComplete).toBe(false);
  expect(partly.count).toBeGreaterThanOrEqual(1_400);
  expect(partly.count).toBeLessThan(3_000);
  await expect(count({ run: "a b" })).rejects.toMatchObject({ code: "dead_letters_invalid" });
});

test("pages meet each letter once, over lanes and within one millisecond, while others come and go", async () => {
  await deleteKeys(url);
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
  await deleteKeys(url);
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
  // The last ten of a hundred thousand, by what their ids and reasons tell; their action, which there is not,
  // is asked for once.
  const READS_OF_RARE = 10 + 1;
  expect(
    await lettersRead(async () =>
      expect(await listAll({ run: "rare" }, producer)).toEqual([...rare].reverse()),
    ),
  ).toBeLessThanOrEqual(READS_OF_RARE);
  expect(
    await lettersRead(async () => expect(await listAll({ reason: "gone" }, producer)).toHaveLength(10)),
  ).toBeLessThanOrEqual(READS_OF_RARE);

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
  [{ destination: "nowhere" }, "dead_letters_invalid", /destination: "nowhere"/],
  [{ run: "a b" }, "dead_letters_invalid", /run: "a b"/],
  [{ customer: "" }, "dead_letters_invalid", /customer: must be/],
  [{ label: "a b" }, "dead_letters_invalid", /label: "a b"/],
  [{ lane: "no lane", label: "" }, "dead_letters_invalid", /label: .*lane: /],
  [{ colour: "red" } as never, "dead_letters_invalid", /colour: is no field/],
  [{ from: new Date(Number.NaN) }, "dead_letters_invalid", /from: must be a time/],
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
