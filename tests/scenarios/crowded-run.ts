// One run to many destinations, of which some are broken; what do the others of the same run lose? Each round is the same run on a
// Redis and a worker of its own, with the fault and without. Every address of 127/8 is this machine, and every one is a destination.

import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createProducer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet } from "../support/fleet.ts";
import { type Behaviour, hang, ok, reply, slow } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

export interface CrowdedRun {
  readonly deliveries: number;
  readonly destinations: number;
  /** How many of them are broken. */
  readonly broken: number;
  readonly fault: keyof typeof FAULTS;
  /** Of their throughput without the fault, what the healthy ones keep at least. */
  readonly keptShare: number;
}

const FAULTS = {
  "never answers": hang(),
  "answers 200 after five seconds": slow(5_000, ok()),
  "answers 503": reply(503),
} satisfies Record<string, Behaviour>;

const ANSWER_MS = 20;
const CONCURRENCY = 100;
/** The machine's other work may spoil a round, but not each of three. */
const TRIES = 3;

/** Checks what the healthy destinations keep. */
export async function crowdRun(load: CrowdedRun): Promise<void> {
  for (let tries = 1; ; tries++) {
    const [healthy, crowded] = [
      await sendRun({ ...load, broken: 0 }, load.broken),
      await sendRun(load, load.broken),
    ];
    const kept = crowded.perSecond / healthy.perSecond;
    console.log(load.fault, `${load.broken} of ${load.destinations}`, { healthy, crowded, kept });
    if (kept >= load.keptShare) return;
    expect(tries, `${load.fault}: kept ${kept}`).toBeLessThan(TRIES);
  }
}

interface Round {
  /** What arrived at those destinations that are never broken. */
  readonly perSecond: number;
  /** The longest time for which nothing arrived at them. */
  readonly longestGapMs: number;
}

/** @param spared this many destinations are not looked at, since they are broken in the other round. */
async function sendRun(
  { deliveries, destinations, broken, fault }: CrowdedRun,
  spared: number,
): Promise<Round> {
  const arrivedAt: number[] = [];
  await using receiver = await startDestinations((nth, response) => {
    if (nth >= spared) arrivedAt.push(Date.now());
    (nth < broken ? FAULTS[fault] : slow(ANSWER_MS, ok()))(response);
  });
  const redisUrl = await isolatedRedisUrl();
  const producer = await createProducer({ redis: redisUrl });
  await using fleet = startFleet(redisUrl, 1, {
    POSTRIDER_CONCURRENCY: String(CONCURRENCY),
    POSTRIDER_DESTINATIONS_MAX: "4000",
    POSTRIDER_SHUTDOWN_GRACE_MS: "100",
  });
  await fleet.untilServing();
  await producer.actions.apply({
    id: "n",
    url: `http://127.9.{{ customer.a }}.{{ customer.b }}:${receiver.port}/x`,
    body: "{{ customer }}",
    timeoutMs: 10_000,
    retry: { attempts: 1 },
  });
  const toCustomer = (nth: number) => {
    const destination = nth % destinations;
    return { id: nth, a: destination >> 8, b: destination & 255 };
  };
  const customers = Array.from({ length: deliveries }, (_, nth) => toCustomer(nth));
  const expected = customers.filter((_, nth) => nth % destinations >= spared).length;
  await producer.enqueueMany({ action: "n", customers, run: "crowded" });
  await eventually(() => expect(arrivedAt.length).toBe(expected), 300_000);
  await producer.close();
  const gaps = arrivedAt.slice(1).map((at, index) => at - (arrivedAt[index] ?? at));
  const tookMs = (arrivedAt.at(-1) ?? 0) - (arrivedAt[0] ?? 0);
  return { perSecond: Math.round((expected * 1_000) / tookMs), longestGapMs: Math.max(...gaps) };
}

/** `answer` is given the number of the destination that was asked. */
async function startDestinations(answer: (nth: number, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    request.resume();
    const [, , a = 0, b = 0] = (request.headers.host ?? "").split(/[.:]/).map(Number);
    answer(a * 256 + b, response);
  });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
