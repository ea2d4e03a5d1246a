import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { toProducerOptions } from "@postrider/redis/connect";
import { createLaneQueues } from "@postrider/redis/lane-queues";
import { createShard } from "@postrider/redis/shard";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet, untilOver } from "../support/fleet.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { storeKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { startProxy } from "../support/proxy.ts";
import { startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { customers } from "../support/system.ts";

test("blocking connections that Redis closes come back, on every worker", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  await using receiver = await startReceiver();
  const redis = new Redis(server.url, { replyMapping: "legacy" });
  const producer = await createProducer({ redis: server.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(server.url, 2);
  await fleet.untilServing();
  const blocked = async (): Promise<string[]> =>
    ((await redis.client("LIST")) as string)
      .split("\n")
      .filter((line) => /cmd=bzpopmin/.test(line))
      .map((line) => /^id=(\d+)/.exec(line)?.[1] ?? "");
  // Two shared lanes on two workers.
  const before = await eventually(async () => {
    const ids = await blocked();
    expect(ids).toHaveLength(4);
    return ids;
  });

  for (const id of before) await redis.client("KILL", "ID", id);
  await eventually(async () => {
    const ids = await blocked();
    expect(ids).toHaveLength(4);
    expect(ids.filter((id) => before.includes(id))).toEqual([]);
  });

  await producer.enqueueMany({ action: "a", customers: customers(100), run: "r" });
  expect(await untilOver(producer, "r")).toMatchObject({ delivered: 100, failed: 0 });
  redis.disconnect();
  await producer.close();
  await server.stop();
});

test("connections that die without a word are given up, and workers and producers go on with new ones", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  await using proxy = await startProxy(server.port);
  await using receiver = await startReceiver();
  const direct = await createProducer({ redis: server.url });
  const through = await createProducer({ redis: proxy.url });
  await direct.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(proxy.url, 1);
  await fleet.untilServing();
  await direct.enqueueMany({ action: "a", customers: customers(100), run: "before" });
  await untilOver(direct, "before");

  proxy.swallow();
  await expect(through.enqueue({ action: "a", customer: { id: 1 } })).rejects.toMatchObject({
    code: "redis_unavailable",
  });
  proxy.pass();

  await direct.enqueueMany({ action: "a", customers: customers(100), run: "after" });
  expect(await untilOver(direct, "after")).toMatchObject({ delivered: 100, failed: 0 });
  await eventually(async () =>
    expect((await through.enqueue({ action: "a", customer: { id: 2 } })).isDuplicate).toBe(false),
  );
  await Promise.all([direct.close(), through.close()]);
  await server.stop();
});

test("queues that were made in an outage are of use after it", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  await using proxy = await startProxy(server.port);
  const redis = new Redis(proxy.url, { ...toProducerOptions({ redisWaitMs: 300 }), replyMapping: "legacy" });
  redis.on("error", () => undefined);
  await eventually(() => expect(redis.status).toBe("ready"));
  proxy.swallow();
  const lanes = createLaneQueues(createShard(redis, keyPrefix));
  await expect(lanes.queue("bulk").getWaitingCount()).rejects.toThrow();
  proxy.pass();
  await eventually(async () => expect(await lanes.queue("bulk").getWaitingCount()).toBe(0));
  await lanes.close();
  redis.disconnect();
  await server.stop();
});

test("a Redis that has become a replica is left for the one that is primary now", async () => {
  const [old, next] = [
    await startRedisServer({ binary: redisBinary() }),
    await startRedisServer({ binary: redisBinary() }),
  ];
  await using proxy = await startProxy(old.port);
  await using receiver = await startReceiver();
  const [toOld, toNext] = [old, next].map(({ url }) => openRedis(url));
  const producer = await createProducer({ redis: proxy.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(proxy.url, 2);
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(100), run: "before" });
  await untilOver(producer, "before");
  await toNext?.replicaof("127.0.0.1", old.port);
  await eventually(async () => expect(await toNext?.info("replication")).toMatch(/master_link_status:up/));
  await eventually(async () => expect(await toNext?.exists(storeKeys.action("a"))).toBe(1));

  // As a managed Redis fails over: the name leads elsewhere, and connections to the old primary stay open.
  proxy.leadTo(next.port);
  await toNext?.replicaof("NO", "ONE");
  await toOld?.replicaof("127.0.0.1", next.port);

  await eventually(async () =>
    expect(
      await producer.enqueueMany({ action: "a", customers: customers(100), run: "after" }),
    ).toMatchObject({ run: "after" }),
  );
  expect(await untilOver(producer, "after")).toMatchObject({ delivered: 100, failed: 0 });
  for (const redis of [toOld, toNext]) redis?.disconnect();
  await producer.close();
  await Promise.all([old.stop(), next.stop()]);
});
