// All that a delivery goes through, with a Redis Cluster of three masters and their replicas.

import { createProducer } from "@postrider/producer/producer";
import { slotOfShard } from "@postrider/redis/cluster-slots";
import { asProducer, connectRedis, toProducerOptions } from "@postrider/redis/connect";
import { createShard } from "@postrider/redis/shard";
import { readShardMap } from "@postrider/redis/shard-map";
import { PostriderError } from "@postrider/shared/errors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClusterNode, type RedisCluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { ok, reply } from "../support/receiver.ts";
import { oneServerUrl } from "../support/redis.ts";
import { countRun, sumOf } from "../support/shards.ts";
import { customers, SOON, type System, startSystem } from "../support/system.ts";

let cluster: RedisCluster;
/** Of an attempt: where everybody is short of CPU, none is tried again for that. */
const PATIENT_MS = 60_000;

beforeAll(async () => {
  cluster = await startCluster();
});

afterAll(() => cluster[Symbol.asyncDispose]());

async function untilOver(system: System, run: string) {
  await system.untilEnded(run);
  return system.producer.runs.get(run);
}

test("enqueued, delivered, told, set aside, replayed and cancelled, each once", async () => {
  let isBroken = true;
  await using system = await startSystem(
    ({ body }) => (isBroken && JSON.parse(body).id === "c1" ? reply(500) : ok()),
    { redis: cluster.url, keyPrefix: `${keyPrefix}-a`, shards: 3 },
  );
  const { producer } = system;
  await system.apply({ retry: { ...SOON, attempts: 2 }, timeoutMs: PATIENT_MS });
  await system.startWorker();
  const order = { action: "a", customers: customers(2_000), run: "r" };
  expect(await producer.enqueueMany(order)).toMatchObject({ enqueued: 2_000, duplicates: 0 });
  expect(await producer.enqueueMany(order)).toMatchObject({ enqueued: 0, duplicates: 2_000 });
  expect(await untilOver(system, "r")).toMatchObject({ delivered: 1_999, failed: 1 });
  expect([...system.receiver.byKey().values()].map(({ length }) => length).toSorted()).toEqual([
    ...Array.from({ length: 1_999 }, () => 1),
    2,
  ]);

  const { outcomes } = await producer.outcomes.read({ group: "crm", limit: 1_000 });
  expect(outcomes).toHaveLength(1_000);
  const [letter] = await eventually(async () => {
    const { deadLetters } = await producer.deadLetters.list({ limit: 1 });
    expect(deadLetters).toHaveLength(1);
    return deadLetters;
  });
  isBroken = false;
  await producer.deadLetters.replay({ ids: [letter?.id ?? ""] });
  await eventually(async () =>
    expect(await producer.runs.get("r")).toMatchObject({ delivered: 2_000, failed: 0 }),
  );

  const held = { action: "a", customers: customers(20), run: "held", hold: true };
  expect((await producer.enqueueMany(held)).enqueued).toBe(20);
  await producer.runs.cancel("held");
  expect(await untilOver(system, "held")).toMatchObject({ cancelled: 20, delivered: 0 });
  expect((await producer.deliveries.list({ customer: "c5" })).deliveries).not.toEqual([]);
  expect(await keysWithoutTag()).toEqual([]);
});

/** Keys that lie in no slot of the store or of a shard. */
async function keysWithoutTag(): Promise<string[]> {
  const all = await Promise.all(cluster.nodes.map(({ redis }) => redis.keys(`*${keyPrefix}*`)));
  return all.flat().filter((key) => !key.startsWith("{"));
}

test("shards are named so that they spread evenly over the masters, and so do the deliveries", async () => {
  const prefix = `${keyPrefix}-b`;
  await using system = await startSystem(undefined, { redis: cluster.url, keyPrefix: prefix, shards: 6 });
  await system.apply({ timeoutMs: PATIENT_MS });
  await system.startWorker();
  const { shards } = await readShardMap(system.producer.store);
  const masters = await Promise.all(shards.map(({ name }) => cluster.masterOf(`${prefix}:${name}`)));
  const counts = new Map<string, number>();
  for (const { id } of masters) counts.set(id, (counts.get(id) ?? 0) + 1);
  expect([...counts.values()]).toEqual([2, 2, 2]);
  expect(new Set(shards.map(({ name }) => slotOfShard(prefix, name))).size).toBe(6);

  const order = { action: "a", customers: customers(3_000), run: "r" };
  expect(await system.producer.enqueueMany(order)).toMatchObject({ enqueued: 3_000, duplicates: 0 });
  const looks = shards.map(({ name }, index) =>
    // The server that the shard is on: its keys are nowhere else.
    createShard(masters[index]?.redis as never, prefix, name),
  );
  await eventually(async () => {
    const delivered = (await countRun(looks, "r")).map((one) => one.delivered);
    expect(sumOf(delivered)).toBe(3_000);
    for (const one of delivered) expect(one).toBeGreaterThan(3_000 / 6 / 2);
  });
  expect(system.receiver.byKey().size).toBe(3_000);
  expect(system.receiver.requests.length).toBe(3_000);
});

test("a Cluster that is named as one server, and one server as a Cluster, are told apart", async () => {
  const [first] = cluster.nodes;
  const alone = await createProducer({ redis: `redis://127.0.0.1:${first?.port}` }).catch(toError);
  const others = cluster.nodes.slice(1).map(({ port }) => `redis://127.0.0.1:${port}`);
  // One of the servers has the slot of the store, and that alone would do.
  const all = await Promise.all(others.map((redis) => createProducer({ redis }).catch(toError)));
  const refused = [alone, ...all].filter((one) => one instanceof PostriderError);
  for (const one of [alone, ...all]) if (!(one instanceof PostriderError)) await one.close();
  expect(refused.length).toBeGreaterThan(0);
  for (const one of refused)
    expect(one).toMatchObject({
      code: "settings_invalid",
      message: expect.stringContaining("redis+cluster://"),
    });

  const { host } = new URL(await oneServerUrl());
  await expect(createProducer({ redis: `redis+cluster://${host}` })).rejects.toMatchObject({
    code: "redis_unavailable",
    message: expect.stringContaining("cluster support disabled"),
  });
});

function toError(error: unknown): PostriderError {
  if (error instanceof PostriderError) return error;
  throw error;
}

/** Like many of ours, it makes up the name of what it writes. */
const MARK = `redis.call("SET", KEYS[1] .. ":made-up", ARGV[1]) return #KEYS`;

test("a script is refused as a whole while its slot is moved, and finds all its keys before and after", async () => {
  const tag = `${keyPrefix}:moved`;
  const client = await connectRedis(cluster.url, toProducerOptions({ redisWaitMs: 500 }), { tag });
  client.defineCommand("postriderMarkOne", { lua: MARK });
  const commands = client as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const plain = (value: string) => client.eval(MARK, 1, `{${tag}}:plain`, value);
  const defined = (value: string) => commands["postriderMarkOne"]?.(1, `{${tag}}:defined`, value);
  const both = (value: string) => Promise.all([plain(value), defined(value)]);
  expect(await both("before")).toEqual([1, 1]);
  await client.set(`{${tag}}:plain`, 1);

  const from = await cluster.masterOf(tag);
  const isMaster = async ({ redis }: ClusterNode) =>
    (await redis.info("replication")).includes("role:master");
  const others = cluster.nodes.filter(({ id }) => id !== from.id);
  const [to] = (await Promise.all(others.map(async (one) => ((await isMaster(one)) ? one : [])))).flat();
  if (to === undefined) throw new Error("there is no other master");
  const end = await cluster.beginMove(tag, to);
  for (const one of [plain, defined])
    await expect(asProducer(async () => one("within"))).rejects.toMatchObject({ code: "redis_unavailable" });
  await end();
  expect(await client.mget(`{${tag}}:plain:made-up`, `{${tag}}:defined:made-up`)).toEqual([
    "before",
    "before",
  ]);
  expect(await both("after")).toEqual([1, 1]);
  client.disconnect();
});
