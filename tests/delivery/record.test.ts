// What is written down of attempts: evidence, outcome and counts in one step, all of it or nothing.

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createLedger } from "@postrider/redis/ledger";
import type { Entry } from "@postrider/redis/scripts/record-attempt";
import type { Outcome } from "@postrider/shared/outcome";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl, redisBinary } from "../support/redis.ts";

const OPTIONS = {
  idempotencyWindowMs: 60_000,
  deadLettersAgeMs: 60_000,
  outcomesKept: 1_000,
  customersKeptMs: 0,
};
const FAILED: Outcome = { outcome: "failed", reason: "gone", status: 410, attempts: 1, endedAt: 1 };
const EXPIRED: Outcome = { ...FAILED, outcome: "expired", reason: "expired", status: null };
const DELIVERED: Outcome = { ...FAILED, outcome: "delivered", reason: "reply_2xx", status: 200 };

let redis: Redis;
beforeEach(async () => {
  redis = openRedis(await isolatedRedisUrl());
  await redis.hset(shardKeys.run("r"), { createdAt: 1, enqueued: 1_000 });
});
afterEach(() => redis.disconnect());

/** A claimed delivery, as BullMQ keeps it. */
async function claim(id: string): Promise<Entry["claimed"]> {
  await redis.hset(shardKeys.job("bulk", id), "data", "{}");
  await redis.set(`${shardKeys.job("bulk", id)}:lock`, "mine");
  await redis.lpush(shardKeys.ofLane("bulk", "active"), id);
  return { id, lane: "bulk", token: "mine", delivery: { run: "r" } };
}

type Claimed = Entry["claimed"];

function toEntry(claimed: Entry["claimed"], given: Partial<Entry>): Entry {
  return { claimed, record: null, outcome: null, told: null, customerPlace: null, isRetry: false, ...given };
}

const toTold = (id: string): Entry["told"] => ({ head: '["a@1",0]', fields: JSON.stringify(id) });

const readRecords = (id: string) => redis.lrange(`${shardKeys.job("bulk", id)}:logs`, 0, -1);
const readRun = (...fields: string[]) => redis.hmget(shardKeys.run("r"), ...fields);

test("a failed one has its outcome, its counts and its evidence; a delivered one leaves nothing but its outcome", async () => {
  const ledger = createLedger(toShard(redis), OPTIONS);
  const [failed, delivered] = [await claim("f"), await claim("d")];

  expect(
    await Promise.all([
      ledger.write(toEntry(failed, { record: '{"attempt":1}', outcome: FAILED })),
      ledger.write(toEntry(delivered, { outcome: DELIVERED })),
    ]),
  ).toEqual(["written", "written"]);

  expect(await readRecords("f")).toEqual(['{"attempt":1}']);
  expect(await ledger.find("f")).toMatchObject({ kind: "ended", reason: "gone" });
  expect(await readRun("failed", "failed:gone", "delivered")).toEqual(["1", "1", "1"]);
  expect(await redis.exists(shardKeys.job("bulk", "d"), `${shardKeys.job("bulk", "d")}:lock`)).toBe(0);
  expect(await redis.lrange(shardKeys.ofLane("bulk", "active"), 0, -1)).toEqual(["f"]);
});

test("a claim that is another worker's by now, or a delivery that has left its lane, writes neither outcome nor evidence", async () => {
  const ledger = createLedger(toShard(redis), OPTIONS);
  const [taken, gone] = [await claim("t"), await claim("g")];
  await redis.set(`${shardKeys.job("bulk", "t")}:lock`, "other");
  await redis.del(shardKeys.job("bulk", "g"), `${shardKeys.job("bulk", "g")}:lock`);

  for (const claimed of [taken, gone])
    expect(await ledger.write(toEntry(claimed, { record: "{}", outcome: FAILED }))).toBe("lost");

  expect([await ledger.find("t"), await ledger.find("g")]).toEqual([null, null]);
  expect([await readRecords("t"), await readRecords("g")]).toEqual([[], []]);
  expect(await readRun("failed", "failed:gone")).toEqual([null, null]);
});

test("the first outcome stands, and counts once", async () => {
  const ledger = createLedger(toShard(redis), OPTIONS);
  const claimed = await claim("d");

  expect(await ledger.write(toEntry(claimed, { record: "{}", outcome: FAILED }))).toBe("written");
  expect(await ledger.write(toEntry(claimed, { outcome: DELIVERED }))).toBe("stands");

  expect(await ledger.find("d")).toMatchObject({ outcome: "failed" });
  expect(await readRun("failed", "delivered")).toEqual(["1", null]);
});

test("an attempt whose answer was lost with its connection, and so comes once more, is written once and answered alike", async () => {
  const ledger = createLedger(toShard(redis), OPTIONS);
  const claims = await Promise.all(["delivered", "expired", "failed", "retried"].map(claim));
  const [delivered, expired, failed, retried] = claims as [Claimed, Claimed, Claimed, Claimed];
  const entries = [
    toEntry(delivered, { outcome: DELIVERED, told: toTold("delivered") }),
    toEntry(expired, { record: '{"attempt":1}', outcome: EXPIRED }),
    toEntry(failed, { record: '{"attempt":1}', outcome: FAILED, told: toTold("failed") }),
    toEntry(retried, { record: '{"attempt":1}', isRetry: true }),
  ];

  for (let times = 1; times <= 2; times++)
    expect(await Promise.all(entries.map(ledger.write))).toEqual(Array(4).fill("written"));

  expect(await readRun("delivered", "expired", "failed", "retries")).toEqual(["1", "1", "1", "1"]);
  expect([await readRecords("failed"), await readRecords("retried")]).toEqual([
    ['{"attempt":1}'],
    ['{"attempt":1}'],
  ]);
  expect(await redis.xlen(shardKeys.outcomes())).toBe(1);
  // A later attempt is another one, whatever it came to.
  expect(await ledger.write(toEntry(delivered, { outcome: { ...DELIVERED, endedAt: 2 } }))).toBe("stands");
});

test("readers are told of an outcome where it is written, once, in a stream whose ids count without a gap", async () => {
  const ledger = createLedger(toShard(redis), OPTIONS);
  const [one, two, lost] = [await claim("one"), await claim("two"), await claim("lost")];
  await redis.set(`${shardKeys.job("bulk", "lost")}:lock`, "other");
  await ledger.write(toEntry(one, { outcome: FAILED, told: toTold("first") }));
  await ledger.write(toEntry(one, { outcome: DELIVERED, told: toTold("again") }));
  await ledger.write(toEntry(lost, { outcome: DELIVERED, told: toTold("lost") }));
  await ledger.write(toEntry(two, { outcome: DELIVERED, told: toTold("second") }));
  // As after somebody deleted it: no reader may see a place a second time.
  await redis.del(shardKeys.outcomes());
  await ledger.write(toEntry(await claim("three"), { outcome: DELIVERED, told: toTold("third") }));

  const [[id, fields] = ["", []]] = await redis.xrange(shardKeys.outcomes(), "-", "+");
  expect(fields).toEqual(["n", "1", "o", '[[["a@1",0]],[0,"third"]]']);
  expect(id).toMatch(/^3-\d{13}$/);
});

test("of many retries the latest records are kept, each retry counted", async () => {
  const ledger = createLedger(toShard(redis), OPTIONS);
  const claimed = await claim("d");
  for (let nth = 1; nth <= 40; nth++)
    await ledger.write(toEntry(claimed, { record: `{"attempt":${nth}}`, isRetry: true }));

  const records = await readRecords("d");
  expect(records).toHaveLength(30);
  expect(records.at(-1)).toBe('{"attempt":40}');
  expect(await readRun("retries")).toEqual(["40"]);
});

test("a hundred of the largest answers at once are written whole, and no script takes more than about a megabyte of them", async () => {
  // A server of its own, whose commands are counted.
  const server = await startRedisServer({ binary: redisBinary() });
  redis.disconnect();
  redis = new Redis(server.url, { replyMapping: "legacy" });
  const ledger = createLedger(toShard(redis), OPTIONS);
  const all = await Promise.all(Array.from({ length: 100 }, (_, nth) => claim(`d${nth}`)));
  const record = "x".repeat(65_536);

  const written = await Promise.all(
    all.map((claimed) => ledger.write(toEntry(claimed, { record, isRetry: true }))),
  );

  expect(new Set(written)).toEqual(new Set(["written"]));
  expect(await readRun("retries")).toEqual(["100"]);
  for (const { id } of all) expect(await readRecords(id)).toEqual([record]);
  const stats = await redis.info("commandstats");
  const calls = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
  expect(calls).toBeGreaterThanOrEqual(7);
  await server.stop();
});
