import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { acceptLate } from "../support/receiver.ts";
import { countRun, startShardServers, sumOf } from "../support/shards.ts";
import { customers, startSystem } from "../support/system.ts";

const CUSTOMERS = 4_000;

test("four shards on two servers carry a run: spread evenly, each delivery once, counted and closed in each", async () => {
  const { script, mostOpen } = acceptLate(10);
  await using servers = await startShardServers(2);
  const [redis = ""] = servers.urls;
  await using system = await startSystem(script, { redis, servers: servers.urls, shards: 4, keyPrefix });
  await system.apply();
  await system.startWorker({
    POSTRIDER_CONCURRENCY: "40",
    POSTRIDER_LANES: "bulk",
    POSTRIDER_IN_FLIGHT_MAX: "40",
  });
  const order = { action: "a", customers: customers(CUSTOMERS), run: "spread" };
  expect(await system.producer.enqueueMany(order)).toMatchObject({ enqueued: CUSTOMERS, duplicates: 0 });

  const shards = servers.toShards(4);
  await eventually(async () => {
    const counts = await countRun(shards, "spread");
    expect(sumOf(counts.map(({ delivered }) => delivered))).toBe(CUSTOMERS);
  });
  const counts = await countRun(shards, "spread");
  for (const { enqueued } of counts)
    expect(Math.abs(enqueued - CUSTOMERS / 4)).toBeLessThan(CUSTOMERS * 0.0125);
  expect(counts.every(({ isClosed }) => isClosed)).toBe(true);
  expect(system.receiver.byKey().size).toBe(CUSTOMERS);
  expect(system.receiver.requests.length).toBe(CUSTOMERS);
  // Those of the shared lane and of the own lanes, and not those of each shard. Where a machine stands still
  // for a while, the destination seems to hang, and is led out with the slots that it holds.
  expect(mostOpen()).toBeLessThanOrEqual(3 * 40);

  const again = await system.producer.enqueueMany(order);
  expect(again).toMatchObject({ enqueued: 0, duplicates: CUSTOMERS });
  const few = Array.from({ length: 20 }, (_, index) => ({
    action: "a",
    customer: { id: index },
    key: `k${index}`,
  }));
  const first = await system.producer.enqueueAll(few);
  const second = await system.producer.enqueueAll([...few, { action: "a", customer: { id: "x" } }]);
  expect([first.enqueued, second.ids.slice(0, 20)]).toEqual([20, first.ids]);
  expect(second.isDuplicate).toEqual([...few.map(() => true), false]);
});
