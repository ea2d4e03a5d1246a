// A limit of requests in flight, which all shards keep together.

import { createRendezvous } from "@postrider/redis/rendezvous";
import { toDeliveryId } from "@postrider/shared/delivery";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { createGate } from "../support/gate.ts";
import { acceptLate, ok } from "../support/receiver.ts";
import { shardNames } from "../support/shards.ts";
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
      expect(gate.waiting()).toBe(count);
    });

  // The others keep one each, so that what comes there begins at once.
  await untilInFlight(12 - (SHARDS - 1));
  expect(most).toBeLessThanOrEqual(12);

  const origin = new URL(receiver.url).origin;
  await producer.destinations.limit(origin, { concurrency: 40 });
  await untilInFlight(40 - (SHARDS - 1));
  expect(most).toBeLessThanOrEqual(40);

  await producer.destinations.limit(origin, { concurrency: 6 });
  gate.open(37);
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
