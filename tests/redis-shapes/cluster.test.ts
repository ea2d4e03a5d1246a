import { expect, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { acceptLate } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

test("a run goes through a Cluster, with one shard", async () => {
  const { script } = acceptLate(10);
  await using cluster = await startCluster();
  await using system = await startSystem(script, { redis: cluster.url, keyPrefix });
  await system.apply();
  await system.startWorker({ POSTRIDER_CONCURRENCY: "40" });
  const order = { action: "a", customers: customers(2_000), run: "spread" };
  expect(await system.producer.enqueueMany(order)).toMatchObject({ enqueued: 2_000, duplicates: 0 });
  await eventually(async () => {
    expect(await system.producer.runs.get("spread")).toMatchObject({ delivered: 2_000, state: "completed" });
  });
  expect(system.receiver.byKey().size).toBe(2_000);
  expect(system.receiver.requests.length).toBe(2_000);
});
