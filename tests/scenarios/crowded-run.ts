// One run to many destinations, of which some are broken; what do the others of the same run lose? Each round
// is the same run on a Redis and a worker of its own, with the fault and without. Every address of 127/8 is
// this machine, and every one is a destination.

import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createProducer, type Producer } from "@postrider/producer/producer";
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
  /** The worker's slots, and how long a healthy destination takes to answer. */
  readonly concurrency: number;
  readonly answerMs: number;
  /** How fast its customers come; absent: all at once, so that the run is never short of work. */
  readonly perSecond?: number;
  /** Of their throughput without the fault, what the healthy ones keep at least. */
  readonly keptShare: number;
  /** By how much their p99 grows at most; where customers come at a rate. */
  readonly p99Factor?: number;
  /**
   * For this long from the first customer on, what comes is left out of the p99: fifty destinations may take
   * all slots in a moment, and until they are led out everything waits. None, unless given.
   */
  readonly settleMs?: number;
  /** From the first request at a broken destination until one has a lane of its own, at most. */
  readonly apartMsMax?: number;
}

const FAULTS = {
  "never answers": hang(),
  "answers 200 after five seconds": slow(5_000, ok()),
  "answers 503": reply(503),
} satisfies Record<string, Behaviour>;

/** The machine's other work may spoil a round, but not each of three. */
const TRIES = 3;
const TIMEOUT_MS = 10_000;
const LIMIT_MS = 300_000;
const TICK_MS = 20;
/** So many of a run lie in a shared lane before the rest goes to its own. */
const SHARED_OF_RUN = 1_000;

/** Checks what the healthy destinations keep. */
export async function crowdRun(load: CrowdedRun): Promise<void> {
  const { fault, broken, destinations, keptShare, p99Factor, apartMsMax } = load;
  for (let tries = 1; ; tries++) {
    const [healthy, crowded] = [await sendRun({ ...load, broken: 0 }, broken), await sendRun(load, broken)];
    const kept = crowded.perSecond / healthy.perSecond;
    const story = JSON.stringify({ fault, broken, destinations, kept, healthy, crowded });
    console.log(story);
    const isKept =
      kept >= keptShare &&
      (p99Factor === undefined || crowded.p99Ms <= p99Factor * healthy.p99Ms) &&
      (apartMsMax === undefined || (crowded.apartMs ?? Number.POSITIVE_INFINITY) <= apartMsMax);
    if (isKept) return;
    expect(tries, story).toBeLessThan(TRIES);
  }
}

interface Round {
  /** What arrived at those destinations that are never broken. */
  readonly perSecond: number;
  /** The 99th percentile of their way from the customer's coming; only where customers come at a rate. */
  readonly p99Ms: number;
  /** The longest time for which nothing arrived at them. */
  readonly longestGapMs: number;
  /** From the first request at a broken one until one of them had a lane; null where none had. */
  readonly apartMs: number | null;
}

/** @param spared this many destinations are not looked at, since they are broken in the other round. */
async function sendRun(load: CrowdedRun, spared: number): Promise<Round> {
  const { destinations, broken, concurrency } = load;
  const arrivals: { at: number; came: number }[] = [];
  let brokenAt: number | null = null;
  await using receiver = await startDestinations((nth, came, response) => {
    if (nth >= spared) arrivals.push({ at: Date.now(), came });
    if (nth < broken) brokenAt ??= Date.now();
    (nth < broken ? FAULTS[load.fault] : slow(load.answerMs, ok()))(response);
  });
  const redisUrl = await isolatedRedisUrl();
  const producer = await createProducer({ redis: redisUrl });
  await using fleet = startFleet(redisUrl, 1, {
    POSTRIDER_CONCURRENCY: String(concurrency),
    POSTRIDER_DESTINATIONS_MAX: "4000",
    POSTRIDER_SHUTDOWN_GRACE_MS: "100",
  });
  await fleet.untilServing();
  await producer.actions.apply({
    id: "n",
    url: `http://127.9.{{ customer.a }}.{{ customer.b }}:${receiver.port}/{{ customer.came }}`,
    body: "{{ customer }}",
    timeoutMs: TIMEOUT_MS,
    retry: { attempts: 1 },
  });
  const watch = watchLanes(producer, () => brokenAt);
  // Those that share a lane with everybody go to healthy ones; what is measured is the run's own lane.
  const before = Array.from({ length: SHARED_OF_RUN }, (_, nth) =>
    toCustomer(`b${nth}`, spared + (nth % (destinations - spared))),
  );
  await producer.enqueueMany({ action: "n", customers: before, run: "crowded" });
  await eventually(() => expect(arrivals).toHaveLength(SHARED_OF_RUN), LIMIT_MS);
  arrivals.length = 0;
  const expected = Array.from({ length: load.deliveries }, (_, nth) => nth % destinations).filter(
    (destination) => destination >= spared,
  ).length;
  await producer.enqueueMany({ action: "n", customers: comeIn(load), run: "crowded" });
  await eventually(() => expect(arrivals.length).toBe(expected), LIMIT_MS);
  const apartMs = await watch.stop();
  await producer.close();

  const times = arrivals.map(({ at }) => at);
  const settledAt = Math.min(...arrivals.map(({ came }) => came)) + (load.settleMs ?? 0);
  const ways = arrivals
    .filter(({ came }) => came >= settledAt)
    .map(({ at, came }) => at - came)
    .sort((a, b) => a - b);
  return {
    perSecond: Math.round((expected * 1_000) / ((times.at(-1) ?? 0) - (times[0] ?? 0))),
    p99Ms: ways[Math.floor(ways.length * 0.99)] ?? 0,
    longestGapMs: Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at))),
    apartMs,
  };
}

function toCustomer(id: string, destination: number) {
  return { id, a: destination >> 8, b: destination & 255, came: Date.now() };
}

/** The run's customers, all at once or at their rate. */
async function* comeIn({ deliveries, destinations, perSecond }: CrowdedRun) {
  const startedAt = Date.now();
  for (let nth = 0; nth < deliveries; ) {
    const due =
      perSecond === undefined ? deliveries : Math.floor(((Date.now() - startedAt) * perSecond) / 1_000);
    for (; nth < Math.min(due, deliveries); nth++) yield toCustomer(`c${nth}`, nth % destinations);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}

/** Looks for the first lane of a single destination. */
function watchLanes(producer: Producer, since: () => number | null) {
  let apartMs: number | null = null;
  let isOver = false;
  const watching = (async () => {
    while (!isOver && apartMs === null) {
      const from = since();
      const [lane] = from === null ? [] : await producer.destinations.list();
      if (lane !== undefined && from !== null) apartMs = Date.now() - from;
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  })();
  return {
    async stop(): Promise<number | null> {
      isOver = true;
      await watching;
      return apartMs;
    },
  };
}

/** `answer` is given the number of the destination that was asked, and when the customer came. */
async function startDestinations(answer: (nth: number, came: number, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    request.resume();
    const [, , a = 0, b = 0] = (request.headers.host ?? "").split(/[.:]/).map(Number);
    answer(a * 256 + b, Number(request.url?.slice(1)), response);
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
