import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SHORT_CLAIMS } from "../support/fleet.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { countRun, startShardServers, sumOf } from "../support/shards.ts";
import { customers, startSystem } from "../support/system.ts";

const CUSTOMERS = 6_000;

/** The customers, the second half of them once something has happened. */
async function* inTwoHalves(happened: Promise<void>): AsyncGenerator<{ id: string; name: string }> {
  for (const [index, customer] of customers(CUSTOMERS).entries()) {
    if (index === CUSTOMERS / 2) await happened;
    yield customer;
  }
}

test("one of two servers is killed under load: the other goes on, nothing is sent twice, and all is made up for", async () => {
  await using servers = await startShardServers(2, { appendFsync: "always" });
  const [redis = ""] = servers.urls;
  await using system = await startSystem(undefined, { redis, servers: servers.urls, shards: 2, keyPrefix });
  await system.apply();
  await system.startWorker(SHORT_CLAIMS);
  let kill = (): void => undefined;
  const killed = new Promise<void>((resolve) => {
    kill = () => resolve(servers.kill(1));
  });
  const run = { action: "a", run: "outage" };
  const failed = system.producer.enqueueMany({ ...run, customers: inTwoHalves(killed) }).then(
    () => null,
    (error: unknown) => error,
  );
  await eventually(() => expect(system.receiver.requests.length).toBeGreaterThan(500));
  kill();

  expect(await failed).toMatchObject({ code: "redis_unavailable" });
  const [first, second] = servers.toShards(2);
  if (first === undefined || second === undefined) throw new Error("there are no two shards");
  await eventually(async () => {
    const [{ enqueued, delivered } = { enqueued: 0, delivered: 1 }] = await countRun([first], "outage");
    expect(delivered).toBe(enqueued);
    expect(enqueued).toBeGreaterThan(CUSTOMERS * 0.45);
  });

  // What nobody can hand in again goes where a Redis answers; of what may lie there nothing is known.
  const fresh = Array.from({ length: 20 }, (_, index) => ({ action: "a", customer: { id: `f${index}` } }));
  expect(await system.producer.enqueueAll(fresh)).toMatchObject({ enqueued: 20, rejected: [] });
  const keyed = fresh.map((one, index) => ({ ...one, key: `k${index}` }));
  const partly = await system.producer.enqueueAll(keyed);
  expect(partly.enqueued + partly.rejected.length).toBe(20);
  expect(new Set(partly.rejected.map(({ error }) => error.code))).toEqual(new Set(["redis_unavailable"]));
  expect(partly.ids.flatMap((id, index) => (id === null ? [index] : []))).toEqual(
    partly.rejected.map(({ index }) => index),
  );

  // Who begins meanwhile goes on with what there is, and with all of it later.
  await system.startWorker(SHORT_CLAIMS);
  const newcomer = await createProducer({ redis, servers: servers.urls, keyPrefix });
  expect((await newcomer.enqueueAll(fresh)).enqueued).toBe(20);

  await servers.restart(1);
  await eventually(async () =>
    expect(await newcomer.enqueueAll(keyed)).toMatchObject({
      duplicates: 20 - partly.rejected.length,
      rejected: [],
    }),
  );
  await newcomer.close();
  await eventually(async () =>
    expect(await system.producer.enqueueAll(keyed)).toMatchObject({ duplicates: 20, rejected: [] }),
  );
  await system.producer.enqueueMany({ ...run, customers: customers(CUSTOMERS) });
  await eventually(async () => {
    const counts = await countRun([first, second], "outage");
    expect(sumOf(counts.map(({ delivered }) => delivered))).toBe(CUSTOMERS);
  });
  await eventually(() => expect(system.receiver.byKey().size).toBe(CUSTOMERS + 60));
});
