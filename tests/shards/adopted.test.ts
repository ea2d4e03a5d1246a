// What persons have switched holds in shards that come later, too.

import { createProducer } from "@postrider/producer/producer";
import { openNames, readShardMap } from "@postrider/redis/shard-map";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { createGate } from "../support/gate.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { ok } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

test("a limit, a paused destination and a paused run are known to a shard before the first delivery enters it", async () => {
  const gate = createGate();
  await using system = await startSystem(() => gate.behind(ok()), { shards: 1 });
  const { producer, receiver } = system;
  await system.apply();
  await system.apply({ id: "paused", url: `${receiver.url.replace("127.0.0.1", "localhost")}/x` });
  await system.startWorker();
  await producer.destinations.limit(receiver.url, { concurrency: 3 });
  await producer.destinations.pause(receiver.url.replace("127.0.0.1", "localhost"));
  await producer.enqueueMany({ action: "a", run: "held", customers: customers(10), hold: true });
  await producer.enqueueMany({ action: "a", run: "before", customers: customers(10) });
  await eventually(() => expect(gate.waiting()).toBe(3));

  await producer.shards.set(3);
  gate.open(10);
  await system.untilEnded("before");
  await eventually(async () =>
    expect(openNames(await readShardMap(producer.store), Date.now())).toHaveLength(3),
  );
  await producer.enqueueMany({ action: "paused", run: "p", customers: customers(100) });
  await producer.enqueueMany({ action: "a", run: "after", customers: customers(100) });
  await eventually(() => expect(gate.waiting()).toBe(3));
  expect(receiver.requests.filter(({ headers }) => headers["host"]?.startsWith("localhost"))).toEqual([]);
  expect(await producer.runs.get("p")).toMatchObject({ delivered: 0, waiting: 100 });
  expect(await producer.runs.get("held")).toMatchObject({ delivered: 0, waiting: 10 });
  gate.open();
  await system.untilEnded("after");
});

test("what was paused while others did not know yet of the new shard holds there, and nothing from its former life", async () => {
  await using system = await startSystem(undefined, { shards: 1 });
  const { producer, receiver, redisUrl } = system;
  const other = await createProducer({ redis: redisUrl, keyPrefix });
  const [resumed, paused] = ["localhost", "127.0.0.2"].map((host) => receiver.url.replace("127.0.0.1", host));
  await system.apply({ id: "resumed", url: `${resumed}/x` });
  await system.apply({ id: "paused", url: `${paused}/x` });
  await system.startWorker();
  await producer.destinations.pause(resumed as string);
  const [, second = ""] = (await producer.shards.set(2)).map(({ name }) => name);
  await producer.shards.set(1);
  await eventually(() => producer.shards.remove(second));
  await producer.destinations.resume(resumed as string);

  const setting = producer.shards.set(2);
  await eventually(async () => expect((await readShardMap(producer.store)).shards).toHaveLength(2));
  await other.destinations.pause(paused as string);
  expect((await setting).map(({ name }) => name)).toContain(second);
  await producer.enqueueMany({ action: "paused", run: "p", customers: customers(40) });
  await producer.enqueueMany({ action: "resumed", run: "r", customers: customers(40) });
  await system.untilEnded("r");
  expect(await producer.runs.get("p")).toMatchObject({ delivered: 0, waiting: 40 });
  await other.close();
});
