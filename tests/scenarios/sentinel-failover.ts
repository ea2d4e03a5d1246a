// The primary dies under load, and Sentinel makes its replica primary: what the replica lacked is lost, and
// nothing else; the same run again takes exactly that in.

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { countRequests, enqueueUntilTaken, startFleet, untilOver } from "../support/fleet.ts";
import { ok, slow, startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { startSentinel } from "../support/sentinel.ts";
import { customers } from "../support/system.ts";

const WORKERS = 3;
const CONCURRENCY = 20;
/** The shared lane and the run's own. */
const LANES = 2;
/** Of outcomes: what they are in so many milliseconds may be missing from the replica, and is sent again. */
const LAG_MS = 500;

export interface Failover {
  readonly count: number;
  readonly limitMs: number;
}

export async function surviveFailover({ count, limitMs }: Failover): Promise<void> {
  const primary = await startRedisServer({ binary: redisBinary() });
  const replica = await startRedisServer({ binary: redisBinary() });
  const toReplica = new Redis(replica.url, { replyMapping: "legacy" });
  await toReplica.replicaof("127.0.0.1", primary.port);
  await using sentinel = await startSentinel(primary.port);
  await sentinel.untilReplicas(1);
  await using receiver = await startReceiver(() => slow(10, ok()));
  const producer = await createProducer({ redis: sentinel.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(primary.url, 0, {
    POSTRIDER_CONCURRENCY: String(CONCURRENCY),
    POSTRIDER_LOCK_MS: "5000",
    POSTRIDER_STALLED_CHECK_MS: "1000",
  });
  for (let started = 0; started < WORKERS; started++) fleet.start({ POSTRIDER_REDIS_URL: sentinel.url });
  await fleet.untilServing();
  const order = { action: "a", customers: customers(count), run: "r" };
  const enqueued = enqueueUntilTaken(producer, order, limitMs);
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(count / 10), limitMs);

  const before = receiver.requests.length;
  const startedAt = receiver.requests[0]?.atMs ?? 0;
  const perMs = before / Math.max(1, Date.now() - startedAt);
  await primary.kill();
  await enqueued;
  // Once more, for what had been acknowledged and was not replicated.
  await enqueueUntilTaken(producer, order, limitMs);

  expect(await untilOver(producer, "r", limitMs)).toMatchObject({
    enqueued: count,
    delivered: count,
    failed: 0,
  });
  expect(await toReplica.info("replication")).toMatch(/role:master/);
  const { unique, doubled } = countRequests([receiver]);
  console.log("sentinel failover", { count, before, doubled });
  expect(unique).toBe(count);
  expect(doubled).toBeLessThanOrEqual(WORKERS * CONCURRENCY * LANES + Math.ceil(perMs * LAG_MS));
  toReplica.disconnect();
  await producer.close();
  await replica.stop();
}
