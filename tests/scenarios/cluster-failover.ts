// A Cluster's master dies, or stands still, under load, and its replica takes over: what the replica lacked
// is lost, and nothing else; the same run again takes exactly that in. Producers wait as long as they are
// told to.

import { createProducer, type Producer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { countRequests, enqueueUntilTaken, startFleet, untilOver } from "../support/fleet.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { ok, slow, startReceiver } from "../support/receiver.ts";
import { customers } from "../support/system.ts";

const WORKERS = 2;
const CONCURRENCY = 20;
/** The shared lane and the run's own. */
const LANES = 2;
/** Of outcomes: what they are in so many milliseconds may be missing from the replica, and is sent again. */
const LAG_MS = 500;
/** So soon the others take a master for dead. */
const DEAD_MS = 1_500;

export interface ClusterFailover {
  readonly count: number;
  readonly limitMs: number;
  /** It answers no more, and no reset tells of it. */
  readonly standsStill?: boolean;
}

export async function surviveMasterLost({
  count,
  limitMs,
  standsStill = false,
}: ClusterFailover): Promise<void> {
  await using cluster = await startCluster({ nodeTimeoutMs: DEAD_MS });
  await using receiver = await startReceiver(() => slow(10, ok()));
  const connect = (redisWaitMs: number): Promise<Producer> =>
    createProducer({ redis: cluster.url, keyPrefix, redisWaitMs });
  // Longer than a failover takes, and shorter.
  const [patient, hasty] = [await connect(60_000), await connect(200)];
  await patient.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(cluster.url, 0, {
    POSTRIDER_CONCURRENCY: String(CONCURRENCY),
    POSTRIDER_LOCK_MS: "5000",
    POSTRIDER_STALLED_CHECK_MS: "1000",
  });
  for (let started = 0; started < WORKERS; started++) fleet.start();
  const order = { action: "a", customers: customers(count), run: "r" };
  const enqueued = enqueueUntilTaken(patient, order, limitMs);
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(count / 10), limitMs);

  const before = receiver.requests.length;
  const perMs = before / Math.max(1, Date.now() - (receiver.requests[0]?.atMs ?? 0));
  const master = await cluster.masterOf(`${keyPrefix}:0`);
  if (standsStill) master.signal("SIGSTOP");
  else await master.kill();
  const killedAt = Date.now();
  // One that is told not to wait says so, and one that waits says nothing of it.
  const one = { action: "a", customer: { id: "alone" }, key: "alone" };
  await expect(hasty.enqueue(one)).rejects.toMatchObject({ code: "redis_unavailable" });
  expect((await patient.enqueue(one)).id).not.toBe("");
  const backMs = Date.now() - killedAt;
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(before + count / 10), limitMs);
  const claimedMs = Date.now() - killedAt;
  if (standsStill) master.signal("SIGCONT");
  await enqueued;
  // Once more, for what had been acknowledged and was not replicated.
  await enqueueUntilTaken(patient, order, limitMs);

  expect(await untilOver(patient, "r", limitMs)).toMatchObject({
    enqueued: count,
    delivered: count,
    failed: 0,
  });
  expect((await cluster.masterOf(`${keyPrefix}:0`)).id).not.toBe(master.id);
  const { unique, doubled } = countRequests([receiver]);
  console.log("cluster failover", { count, before, backMs, claimedMs, doubled });
  expect(unique).toBe(count + 1);
  expect(doubled).toBeLessThanOrEqual(WORKERS * CONCURRENCY * LANES + Math.ceil(perMs * LAG_MS));
  await Promise.all([patient.close(), hasty.close()]);
}
