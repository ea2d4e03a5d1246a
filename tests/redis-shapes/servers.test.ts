import { createShard } from "@postrider/redis/shard";
import { expect, test } from "vitest";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { openRedis } from "../support/open-redis.ts";
import { countRun, startShardServers } from "../support/shards.ts";
import { customers, startSystem } from "../support/system.ts";

const COUNT = 400;

test("one setting names two servers as shards, for producer, workers and command line; a worker serves those it is told to", async () => {
  await using servers = await startShardServers(2);
  const redis = servers.urls.join(" ");
  await using system = await startSystem(undefined, { redis, keyPrefix, shards: 2 });
  await system.apply();
  const looks = servers.urls.map((url, index) => createShard(openRedis(url), keyPrefix, String(index)));
  await system.producer.enqueueMany({ action: "a", customers: customers(COUNT), run: "r" });
  const [first, second] = (await countRun(looks, "r")).map(({ enqueued }) => enqueued);
  expect([first, second].every((enqueued = 0) => enqueued > COUNT / 4)).toBe(true);

  await system.startWorker({ POSTRIDER_SHARDS: "2", POSTRIDER_SERVE_SHARDS: "1" });
  await eventually(async () => {
    expect((await countRun(looks, "r")).map(({ delivered }) => delivered)).toEqual([0, second]);
  });
  await system.startWorker({ POSTRIDER_SHARDS: "2", POSTRIDER_SERVE_SHARDS: "0" });
  await eventually(async () => {
    expect((await countRun(looks, "r")).map(({ delivered }) => delivered)).toEqual([first, second]);
  });
  expect(system.receiver.requests.length).toBe(COUNT);

  const environment = { POSTRIDER_REDIS_URL: redis, POSTRIDER_KEY_PREFIX: keyPrefix };
  const shown = await run(["runs", "show", "r", "--json"], environment);
  expect([shown.code, JSON.parse(shown.stdout).run]).toEqual([0, "r"]);
  const [store = ""] = servers.urls;
  const lacking = await run(["runs", "show", "r"], { ...environment, POSTRIDER_REDIS_URL: store });
  expect([lacking.code, lacking.stderr]).toEqual([
    2,
    expect.stringContaining("name all that the installation has"),
  ]);
  for (const { redis: look } of looks) look.disconnect();
});
