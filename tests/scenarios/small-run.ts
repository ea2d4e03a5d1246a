// A run of ten behind a large one: does its last delivery end as if it were alone?

import { createProducer, type Producer } from "@postrider/producer/producer";
import { toDeliveryId } from "@postrider/shared/delivery";
import { expect } from "vitest";
import { startFleet, untilOver } from "../support/fleet.ts";
import { ok, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

export interface RunOfTen {
  /** Deliveries of the large run. */
  readonly large: number;
  /** By how much later than alone the last of the ten may end; absent where the machine may be slow. */
  readonly laterMs?: number;
}

/**
 * Times a run of ten alone and behind a large run, and checks that it does not wait for the large one's end.
 */
export async function startAtOnce({ large, laterMs }: RunOfTen): Promise<void> {
  const redisUrl = await isolatedRedisUrl();
  // 20 slots and 20 ms: a thousand a second at most, so that the thousand that share a lane take a second and
  // the rest far longer.
  await using receiver = await startReceiver(() => slow(20, ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(redisUrl, 1, { POSTRIDER_CONCURRENCY: "20" });
  await fleet.untilServing();
  await timeTen(producer, "warm");
  const aloneMs = await timeTen(producer, "alone");

  await producer.enqueueMany({ action: "a", customers: customers(large), run: "large" });
  const before = receiver.requests.length;
  const behindMs = await timeTen(producer, "behind");

  const ofTen = new Set(customers(10).map(({ id }) => toDeliveryId({ run: "behind", customerId: id })));
  // How many others came first, and not how long it took: the order is the same on any machine.
  const last = receiver.requests.findLastIndex(({ key }) => ofTen.has(key));
  const overtaken = last - before;
  console.log({ large, aloneMs, behindMs, overtaken });
  expect(last, "it was behind something").toBeLessThan(large - 1_000);
  // The thousand that came first in the shared lane, and what the run's own lane did meanwhile with as many
  // slots.
  expect(overtaken).toBeLessThan(2_500);
  if (laterMs !== undefined) expect(behindMs - aloneMs).toBeLessThan(laterMs);
  await producer.runs.cancel("large");
  await producer.close();
}

/** Enqueues ten deliveries. @returns how long after that the last one of them had ended. */
async function timeTen(producer: Producer, run: string): Promise<number> {
  const startedAt = Date.now();
  await producer.enqueueMany({ action: "a", customers: customers(10), run });
  await untilOver(producer, run);
  return Date.now() - startedAt;
}
