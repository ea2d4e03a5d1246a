import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet, untilOver } from "../support/fleet.ts";
import { shardKeys } from "../support/keys.ts";
import { startProxy } from "../support/proxy.ts";
import { startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const COUNT = 3_000;
const REPLICATED = 2_000;

test("a failover loses what the replica lacked and no more, and the same run again takes exactly that in", async () => {
  const primary = await startRedisServer({ binary: redisBinary() });
  const replica = await startRedisServer({ binary: redisBinary() });
  await using toRedis = await startProxy(primary.port);
  await using replication = await startProxy(primary.port);
  const toPrimary = new Redis(primary.url, { replyMapping: "legacy" });
  const toReplica = new Redis(replica.url, { replyMapping: "legacy" });
  toPrimary.on("error", () => undefined);
  await toReplica.replicaof("127.0.0.1", Number(new URL(replication.url).port));
  await using receiver = await startReceiver();
  const producer = await createProducer({ redis: toRedis.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  const list = customers(COUNT);
  await producer.enqueueMany({ action: "a", customers: list.slice(0, REPLICATED), run: "r" });
  await eventually(async () => {
    const [of, at] = [await toPrimary.info("replication"), await toReplica.info("replication")];
    expect(/master_repl_offset:(\d+)/.exec(at)?.[1]).toBe(/master_repl_offset:(\d+)/.exec(of)?.[1]);
    expect(await toReplica.hget(shardKeys.run("r"), "enqueued")).toBe(String(REPLICATED));
  });

  replication.swallow();
  await producer.enqueueMany({ action: "a", customers: list.slice(REPLICATED), run: "r" });
  expect((await producer.runs.get("r")).enqueued).toBe(COUNT);
  await primary.kill();
  await toReplica.replicaof("NO", "ONE");
  toRedis.leadTo(replica.port);
  toRedis.cut();

  const again = await eventually(() => producer.enqueueMany({ action: "a", customers: list, run: "r" }));
  expect(again).toMatchObject({ enqueued: COUNT - REPLICATED, duplicates: REPLICATED });
  await using _fleet = startFleet(toRedis.url, 2);
  expect(await untilOver(producer, "r")).toMatchObject({ enqueued: COUNT, delivered: COUNT, failed: 0 });
  expect(receiver.byKey().size).toBe(COUNT);
  for (const redis of [toPrimary, toReplica]) redis.disconnect();
  await producer.close();
  await replica.stop();
});
