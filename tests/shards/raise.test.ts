import { setShards } from "@postrider/redis/set-shards";
import { createShard } from "@postrider/redis/shard";
import { openNames, readShardMap } from "@postrider/redis/shard-map";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { countRun, shardNames, sumOf } from "../support/shards.ts";
import { customers, startSystem } from "../support/system.ts";

const CUSTOMERS = 2_000;

test("more shards while a run is taken in: all know, nothing is lost or doubled, and one shard less drains", async () => {
  await using system = await startSystem();
  await system.apply();
  await system.startWorker();
  const { store } = system.producer;
  const setTo = async (count: number): Promise<void> => {
    await setShards(store, { count, servers: 1, now: Date.now });
    await eventually(async () => {
      expect(openNames(await readShardMap(store), Date.now())).toHaveLength(count);
    });
  };
  async function* growing() {
    for (const [index, customer] of customers(CUSTOMERS).entries()) {
      if (index === CUSTOMERS / 2) await setTo(3);
      yield customer;
    }
  }
  const run = { action: "a", run: "grows" };
  const first = await system.producer.enqueueMany({ ...run, customers: growing() });
  expect(first).toMatchObject({ enqueued: CUSTOMERS, duplicates: 0 });
  const shards = (await shardNames(store)).map((name) => createShard(store.redis, keyPrefix, name));
  const counts = (await countRun(shards, "grows")).map(({ enqueued }) => enqueued);
  expect(sumOf(counts)).toBe(CUSTOMERS);
  for (const count of counts) expect(count).toBeGreaterThan(CUSTOMERS / 2 / 4);

  // Those whose home has moved are found where they are.
  const again = await system.producer.enqueueMany({ ...run, customers: customers(CUSTOMERS) });
  expect(again).toMatchObject({ enqueued: 0, duplicates: CUSTOMERS });
  await eventually(() => expect(system.receiver.byKey().size).toBe(CUSTOMERS));

  await setTo(1);
  const later = { action: "a", run: "shrunk" };
  const shrunk = await system.producer.enqueueMany({ ...later, customers: customers(100) });
  expect(shrunk.enqueued).toBe(100);
  expect((await countRun(shards, "shrunk")).map(({ enqueued }) => enqueued)).toEqual([100, 0, 0]);
  expect(await system.producer.enqueueMany({ ...run, customers: customers(CUSTOMERS) })).toMatchObject({
    enqueued: 0,
    duplicates: CUSTOMERS,
  });
  await eventually(() => expect(system.receiver.byKey().size).toBe(CUSTOMERS + 100));
  // Where the machine is so busy that an answer comes too late, that is a retry, and counted as one.
  const runs = await Promise.all(
    ["grows", "shrunk"].map(async (name) => {
      await system.untilEnded(name);
      return system.producer.runs.get(name);
    }),
  );
  const doubled = system.receiver.requests.length - CUSTOMERS - 100;
  expect(doubled).toBeLessThanOrEqual(sumOf(runs.map(({ retries }) => retries)));
});
