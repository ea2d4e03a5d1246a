// A large backlog for one dead destination: do the deliveries of the others notice?

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { startFleet } from "../support/fleet.ts";
import { ok, type Receiver, reply, startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { NOT_BEFORE_IT_OPENS, untilCircuitOpen } from "./dead-api.ts";

export interface BacklogOptions {
  readonly waiting: number;
  /** Deliveries to the healthy destination whose latency is measured, one after the other. */
  readonly probes: number;
  /** By how much the p99 of the healthy ones may grow. */
  readonly factor: number;
  /** The machine's other work may spoil a round, but not each of so many. */
  readonly tries: number;
}

/** Measures the healthy destination's latency before and behind the backlog. */
export async function passBacklog({ waiting, probes, factor, tries }: BacklogOptions): Promise<void> {
  const server = await startRedisServer({ binary: redisBinary() });
  await using dead = await startReceiver(() => reply(503));
  await using healthy = await startReceiver(() => ok());
  const producer = await createProducer({ redis: server.url, backlogMax: 2 * waiting });
  await producer.actions.apply({
    id: "dead",
    url: `${dead.url}/x`,
    body: "{{ customer }}",
    retry: NOT_BEFORE_IT_OPENS,
  });
  await producer.actions.apply({ id: "healthy", url: `${healthy.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(server.url, 2, { POSTRIDER_CIRCUIT_PAUSE_MS: "3600000" });
  await fleet.untilServing();
  await p99Of(producer, healthy, probes, "warm");
  const before = await p99Of(producer, healthy, probes, "before");
  const isKept = (behind: number) => behind < factor * before + 5;

  await producer.enqueueMany({ action: "dead", customers: many(waiting), run: "backlog" });
  await untilCircuitOpen(producer, dead.url);
  const behind: number[] = [];
  while (behind.length < tries && !behind.some(isKept))
    behind.push(await p99Of(producer, healthy, probes, `behind${behind.length}.`));

  console.log({ waiting, before, behind });
  expect(await producer.runs.get("backlog")).toMatchObject({ waiting, failed: 0 });
  expect(behind.some(isKept)).toBe(true);
  await producer.close();
  await server.stop();
}

function* many(count: number): Iterable<{ id: number }> {
  for (let id = 1; id <= count; id++) yield { id };
}

/**
 * Sends so many, each when the one before it has arrived. @returns the 99th percentile of their way, in ms.
 */
async function p99Of(producer: Producer, receiver: Receiver, probes: number, name: string): Promise<number> {
  const ways: number[] = [];
  for (let nth = 0; nth < probes; nth++) {
    const startedAt = performance.now();
    const { id } = await producer.enqueue({
      action: "healthy",
      customer: { id: `${name}${nth}` },
      lane: "bulk",
    });
    while (!receiver.byKey().has(id)) await new Promise((resolve) => setImmediate(resolve));
    ways.push(performance.now() - startedAt);
  }
  ways.sort((a, b) => a - b);
  return ways[Math.floor(ways.length * 0.99)] ?? 0;
}
