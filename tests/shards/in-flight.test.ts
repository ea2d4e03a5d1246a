// A limit of requests in flight, which all shards keep together.

import type { ProducerOptions } from "@postrider/producer/producer";
import { createRendezvous } from "@postrider/redis/rendezvous";
import { toDeliveryId } from "@postrider/shared/delivery";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { createGate } from "../support/gate.ts";
import { acceptLate, ok } from "../support/receiver.ts";
import { shardNames, startShardServers } from "../support/shards.ts";
import { customers, startSystem } from "../support/system.ts";

const SHARDS = 4;
/** Longer than any request waits at a gate. */
const TIMEOUT_MS = 90_000;

test("a limit goes where what waits is, is raised and lowered while all goes on, and is never exceeded", async () => {
  const gate = createGate();
  await using system = await startSystem(() => gate.behind(ok()), { shards: SHARDS });
  const { producer, receiver } = system;
  await system.apply({ limits: { concurrency: 12 }, timeoutMs: TIMEOUT_MS });
  await system.startWorker({ POSTRIDER_LANES: "bulk" });
  const home = createRendezvous(await shardNames(producer.store));
  const busy = customers(20_000).filter(({ id }) => home(toDeliveryId({ run: "r", customerId: id })) === 0);
  await producer.enqueueMany({ action: "a", run: "r", customers: busy });
  let most = 0;
  const untilInFlight = (count: number): Promise<void> =>
    eventually(() => {
      most = Math.max(most, gate.waiting());
      expect(gate.waiting()).toBeGreaterThanOrEqual(count);
    });

  // The others keep one each, so that what comes there begins at once.
  await untilInFlight(12 - (SHARDS - 1));
  expect(most).toBeLessThanOrEqual(12);

  const origin = new URL(receiver.url).origin;
  await producer.destinations.limit(origin, { concurrency: 40 });
  await untilInFlight(40 - (SHARDS - 1));
  expect(most).toBeLessThanOrEqual(40);

  await producer.destinations.limit(origin, { concurrency: 6 });
  gate.open(gate.waiting());
  most = 0;
  await untilInFlight(6 - (SHARDS - 1));
  expect(most).toBeLessThanOrEqual(6);
  gate.open();
});

test("where a destination takes fewer at once than there are shards, each has its turn", async () => {
  const { script, mostOpen } = acceptLate(50);
  await using system = await startSystem(script, { shards: SHARDS });
  await system.apply({ limits: { concurrency: 2 }, timeoutMs: TIMEOUT_MS });
  await Promise.all([system.startWorker(), system.startWorker()]);
  await system.producer.enqueueMany({ action: "a", run: "r", customers: customers(200) });
  await system.untilEnded("r");
  expect((await system.producer.runs.get("r")).delivered).toBe(200);
  expect(mostOpen()).toBe(2);
});

test("of one request at a time those have their turn that are in one shard alone, whose destination no other shard knows", async () => {
  await using system = await startSystem(undefined, { shards: SHARDS });
  const { producer, receiver } = system;
  await system.apply({ url: "{{ customer.base | raw }}/x", limits: { concurrency: 1 } });
  await system.startWorker();
  const names = await shardNames(producer.store);
  const home = createRendezvous(names);
  const last = customers(1_000)
    .filter(({ id }) => home(toDeliveryId({ run: "r", customerId: id })) === names.length - 1)
    .map((one) => ({ ...one, base: receiver.url }));
  await producer.enqueueMany({ action: "a", run: "r", customers: last });
  await system.untilEnded("r");
  expect((await producer.runs.get("r")).delivered).toBe(last.length);
});

test("while one server is away those of the others have what it does not hold", async () => {
  await using servers = await startShardServers(3);
  const { script, mostOpen } = acceptLate(20);
  const options = { redis: servers.urls[0], servers: servers.urls, shards: 3 };
  await using system = await startSystem(script, options as Partial<ProducerOptions>);
  const { producer } = system;
  await system.apply({ limits: { concurrency: 3 } });
  await system.startWorker();
  const send = async (run: string) => producer.enqueueMany({ action: "a", run, customers: customers(60) });
  await send("before");
  await system.untilEnded("before");
  await servers.kill(2);
  await send("within").catch((error: unknown) => expect(error).toMatchObject({ code: "redis_unavailable" }));
  await eventually(async () => expect((await producer.runs.get("within")).delivered).toBeGreaterThan(30));
  expect(mostOpen()).toBeLessThanOrEqual(3);
  await servers.restart(2);
});

test("when the other shards are gone, the one that is left has all of the limit", async () => {
  const gate = createGate();
  await using system = await startSystem(() => gate.behind(ok()), { shards: 2 });
  const { producer } = system;
  await system.apply({ limits: { concurrency: 8 }, timeoutMs: TIMEOUT_MS });
  await system.startWorker();
  await producer.enqueueMany({ action: "a", run: "r", customers: customers(100) });
  await eventually(() => expect(gate.waiting()).toBe(8));
  const [, last = ""] = await shardNames(producer.store);
  await producer.shards.set(1);
  gate.open(100);
  await system.untilEnded("r");
  await eventually(() => producer.shards.remove(last, { forgetIds: true }));

  await producer.enqueueMany({ action: "a", run: "s", customers: customers(100) });
  await eventually(() => expect(gate.waiting()).toBe(8));
  gate.open();
  await system.untilEnded("s");
});
