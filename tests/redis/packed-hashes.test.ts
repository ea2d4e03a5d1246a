// Whoever runs a Redis that does not pack what waits hears of it: from status and from the worker's log.

import { type RedisServer, startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { createWorker } from "@postrider/worker/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCapture, startApi } from "../support/api.ts";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { openRedis } from "../support/open-redis.ts";
import { redisBinary } from "../support/redis.ts";

/** Redis' own, as a foreign one has them. */
const LOOSE = ["--hash-max-listpack-value", "64", "--hash-max-listpack-entries", "128"];

let loose: RedisServer;
let packing: RedisServer;

beforeAll(async () => {
  [loose, packing] = await Promise.all([
    startRedisServer({ binary: redisBinary(), settings: LOOSE }),
    startRedisServer({ binary: redisBinary() }),
  ]);
});
afterAll(async () => {
  await Promise.all([loose?.stop(), packing?.stop()]);
});

const SET = "set hash-max-listpack-value 2048 (now 64)\n";

async function statusOf(...servers: readonly RedisServer[]): Promise<string> {
  const urls = servers.map(({ url }) => url).join(" ");
  const environment = { POSTRIDER_REDIS_URL: urls, POSTRIDER_SHARDS: String(servers.length) };
  return (await run(["status"], { ...environment, POSTRIDER_KEY_PREFIX: `${keyPrefix}-${servers.length}` }))
    .stdout;
}

/** How often the server was asked for a setting, also where it refused. */
async function asked({ url }: RedisServer): Promise<number> {
  const redis = openRedis(url);
  const stats = await redis.info("commandstats");
  redis.disconnect();
  const [, calls = 0, refused = 0] =
    /cmdstat_config\|get:calls=(\d+).*rejected_calls=(\d+)/.exec(stats) ?? [];
  return Number(calls) + Number(refused);
}

/** What a worker logs once each Redis has answered. */
async function startOf(...servers: readonly RedisServer[]) {
  const logged: Record<string, unknown>[] = [];
  const settings = readSettings({
    POSTRIDER_REDIS_URL: servers.map(({ url }) => url).join(" "),
    POSTRIDER_SHARDS: String(servers.length),
    POSTRIDER_KEY_PREFIX: `${keyPrefix}-${servers.length}`,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_METRICS_HOST: "127.0.0.1",
  });
  const before = await Promise.all(servers.map(asked));
  const worker = await createWorker(settings, createCapture(logged));
  await eventually(async () => {
    for (const [index, server] of servers.entries())
      expect(await asked(server)).toBeGreaterThan(before[index] ?? 0);
  });
  await worker.close();
  return logged.filter(({ msg }) => String(msg).includes("packed"));
}

test("status says which shards' Redis does not pack what waits, and what to set", async () => {
  const line = (await statusOf(packing, loose)).split("\n").filter((one) => one.includes("packed"));

  expect(line).toEqual([
    expect.stringMatching(/^the Redis of shard 1 does not .* set hash-max-.* \(now 64\)$/),
  ]);
});

test("status says it through the API as well", async () => {
  await using api = await startApi({ POSTRIDER_REDIS_URL: loose.url });

  const { stdout } = await run(["status"], { POSTRIDER_URL: api.url });

  expect(stdout).toContain("the Redis of shard 0 does not keep all that waits packed");
  expect(stdout).toContain(SET);
  expect((await api.request("GET", "/v1/status")).json.shardsUnpacked).toEqual([
    { shard: "0", listpackValueBytes: 64, listpackEntries: 128 },
  ]);
});

test("a worker says it once at its start, for all shards", async () => {
  expect(await startOf(packing, loose)).toEqual([
    expect.objectContaining({ level: "warn", shards: ["1"], msg: expect.stringContaining(SET.trim()) }),
  ]);
});

test("nothing is said of a Redis that packs, nor of one that does not tell", async () => {
  const redis = openRedis(loose.url);
  await redis.call("ACL", "SETUSER", "default", "-config");
  try {
    expect(await statusOf(packing, loose)).not.toContain("packed");
    expect(await startOf(packing, loose)).toEqual([]);
  } finally {
    await redis.call("ACL", "SETUSER", "default", "+config");
    redis.disconnect();
  }
});

test("too few fields are told, and the figures tell of the Redis that packs the least", async () => {
  const redis = openRedis(packing.url);
  await redis.config("SET", "hash-max-listpack-entries", "8");
  const producer = await createProducer({
    ...{ redis: packing.url, servers: [packing.url, loose.url], shards: 2 },
    keyPrefix: `${keyPrefix}-2`,
  });
  try {
    expect(await statusOf(packing, loose)).toMatch(
      /shards 0, 1 .* set hash-max-listpack-value 2048 \(now 64\) and hash-max-listpack-entries 64 \(now 8\)\n/,
    );
    await producer.watching.figures.gather();
    expect((await producer.watching.figures.read())?.redis.listpackValueBytes).toBe(64);
  } finally {
    await redis.config("SET", "hash-max-listpack-entries", "64");
    await producer.close();
    redis.disconnect();
  }
});
