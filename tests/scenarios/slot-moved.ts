// A shard's slot is moved from one master to another and back, key by key, while deliveries are taken in and
// sent: the shard stands still for that long, and nothing is lost or doubled.

import { createProducer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { countRequests, startFleet, untilOver } from "../support/fleet.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { ok, slow, startReceiver } from "../support/receiver.ts";
import { customers } from "../support/system.ts";

const CHUNK = 100;

export interface SlotMoved {
  readonly count: number;
  /** There and back is two. */
  readonly moves: number;
  readonly limitMs: number;
}

export async function surviveSlotMoved({ count, moves, limitMs }: SlotMoved): Promise<void> {
  await using cluster = await startCluster({ replicas: 0 });
  await using receiver = await startReceiver(() => slow(10, ok()));
  const producer = await createProducer({ redis: cluster.url, keyPrefix, redisWaitMs: 120_000 });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(cluster.url, 0, { POSTRIDER_CONCURRENCY: "20" });
  for (let started = 0; started < 2; started++) fleet.start();
  const tag = `${keyPrefix}:0`;
  const first = await cluster.masterOf(tag);
  const second = cluster.nodes.find(({ id }) => id !== first.id);
  if (second === undefined) throw new Error("a Cluster has several masters");

  const enqueueAll = async (): Promise<number> => {
    let enqueued = 0;
    const all = customers(count).map((customer) => ({ action: "a", customer, key: customer.id }));
    for (let from = 0; from < count; from += CHUNK)
      enqueued += (await producer.enqueueAll(all.slice(from, from + CHUNK))).enqueued;
    return enqueued;
  };
  const enqueued = enqueueAll();
  for (let move = 0; move < moves; move++) {
    const before = receiver.requests.length;
    await eventually(() => expect(receiver.requests.length).toBeGreaterThan(before + CHUNK), limitMs);
    const startedAt = Date.now();
    await cluster.moveSlot(tag, move % 2 === 0 ? second : first);
    console.log("slot moved", { move, tookMs: Date.now() - startedAt, requests: receiver.requests.length });
  }
  expect(await enqueued).toBe(count);
  const run = { action: "a", customers: customers(100), run: "after" };
  expect((await producer.enqueueMany(run)).enqueued).toBe(100);
  expect(await untilOver(producer, "after", limitMs)).toMatchObject({ delivered: 100 });
  await eventually(() => expect(receiver.byKey().size).toBe(count + 100), limitMs);
  expect(countRequests([receiver]).doubled).toBe(0);
  await producer.close();
}
