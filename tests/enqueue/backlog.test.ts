// What lies in a lane, and since when it is due.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { reply } from "../support/receiver.ts";
import { type System, startSystem } from "../support/system.ts";

const LANE = "transactional";

/** Moves what is delayed to where it waits, as BullMQ does once it is due and a worker looks. */
async function promote({ redisUrl }: System): Promise<void> {
  const redis = openRedis(redisUrl);
  const [id = ""] = await redis.zrange(shardKeys.ofLane(LANE, "delayed"), "0", "-1");
  await redis
    .multi()
    .zrem(shardKeys.ofLane(LANE, "delayed"), id)
    .lpush(shardKeys.ofLane(LANE, "wait"), id)
    .hset(shardKeys.job(LANE, id), "delay", "0")
    .exec();
  redis.disconnect();
}

test("a delivery with sendAt waits from that time on", async () => {
  await using system = await startSystem();
  await system.apply();
  const sendAt = new Date(Date.now() + 1_000);
  await system.producer.enqueue({ action: "a", customer: { id: 1 }, sendAt });
  await eventually(() => expect(Date.now()).toBeGreaterThan(sendAt.getTime()));

  await promote(system);

  const { waiting, oldestAgeMs } = await system.producer.lanes.backlog(LANE);
  expect(waiting).toBe(1);
  expect(oldestAgeMs).toBeLessThanOrEqual(Date.now() - sendAt.getTime());
});

test("a retry waits from when it is due, not from when it was enqueued", async () => {
  await using system = await startSystem(() => reply(503));
  await system.apply({ retry: { attempts: 5, baseMs: 60_000, factor: 1, maxMs: 60_000 } });
  await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  const worker = await system.startWorker();
  await eventually(async () =>
    expect(await system.producer.lanes.backlog(LANE)).toMatchObject({ delayed: 1, inFlight: 0 }),
  );
  await worker.close();

  await promote(system);

  const { waiting, oldestAgeMs } = await system.producer.lanes.backlog(LANE);
  const [attempt] = system.receiver.requests;
  expect(waiting).toBe(1);
  expect(oldestAgeMs).toBeLessThanOrEqual(Date.now() - (attempt?.atMs ?? 0));
});

test("lanes that were enqueued to are known, and those that workers serve", async () => {
  await using system = await startSystem();
  await system.apply();
  await system.producer.enqueue({ action: "a", customer: { id: 1 }, lane: "bulkk" });
  expect(await system.producer.lanes.known()).toEqual(["bulkk"]);
  expect(await system.producer.lanes.served()).toEqual([]);

  await system.startWorker({ POSTRIDER_LANES: "bulk" });

  await eventually(async () => expect(await system.producer.lanes.served()).toEqual(["bulk"]));
});
