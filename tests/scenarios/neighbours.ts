// One destination of many is broken; what do the others lose? Each round is the same load, with a fault and
// without.

import { createProducer, type Producer } from "@postrider/producer/producer";
import { ownLaneName } from "@postrider/shared/lanes";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet } from "../support/fleet.ts";
import {
  type Behaviour,
  drip,
  hang,
  ok,
  type Receiver,
  reply,
  reset,
  slow,
  startReceiver,
} from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

export interface Expectation {
  readonly load: Load;
  /**
   * Where the load lies: single deliveries in a shared lane, or one run that is large enough for a lane of
   * its own.
   */
  readonly lane: "shared" | "run";
  /**
   * Of their throughput without the fault, what the healthy ones keep at least; and by how much their p99
   * grows at most.
   */
  readonly keptShare: number;
  readonly p99Factor: number;
  /** The machine's other work may spoil a round, but not each of so many. */
  readonly tries: number;
}

const FAULTS: readonly (readonly [string, Behaviour])[] = [
  ["hangs", hang()],
  ["answers 503", reply(503)],
  ["resets", reset()],
  ["drips", drip(1, 100)],
  ["answers after five seconds", slow(5_000, ok())],
];
/** Breaks one destination after the other, and checks what the healthy ones lose by it. */
export async function keepNeighbours({
  load,
  lane,
  keptShare,
  p99Factor,
  tries,
}: Expectation): Promise<void> {
  const redisUrl = await isolatedRedisUrl();
  const producer = await createProducer({ redis: redisUrl });
  // Twice the slots that the load needs: a destination that hangs would take all of them within two.
  const slots = (2 * load.perSecond * load.answerMs) / 1_000;
  await using fleet = startFleet(redisUrl, 1, { POSTRIDER_CONCURRENCY: String(slots) });
  await fleet.untilServing();
  await using neighbours = await startNeighbours(producer, { load, lane });
  // The first one warms up.
  await neighbours.round();
  let healthy = await neighbours.round();

  for (const [name, fault] of FAULTS) {
    for (let round = 1; ; round++) {
      const broken = await neighbours.round(fault);
      console.log(name, { healthy, broken });
      const isKept =
        broken.arrived >= keptShare * healthy.arrived && broken.p99Ms <= p99Factor * healthy.p99Ms;
      if (isKept && broken.atBroken > 0) break;
      expect(round, `${name}: ${JSON.stringify({ healthy, broken })}`).toBeLessThan(tries);
      // Measured beside the next try, since the machine's other work changes.
      healthy = await neighbours.round();
    }
  }
  await producer.close();
}

interface Load {
  readonly destinations: number;
  /** Deliveries a second over all destinations, and for how long. */
  readonly perSecond: number;
  readonly seconds: number;
  /** How long a healthy destination takes to answer. */
  readonly answerMs: number;
}

interface Round {
  /**
   * Of the healthy destinations: how many arrived while the load came in, and the 99th percentile of their
   * way there.
   */
  readonly arrived: number;
  readonly p99Ms: number;
  /** Requests that the broken destination got. */
  readonly atBroken: number;
}

interface Neighbours {
  /** The same load once more, with one destination, another one each time, broken. */
  round(fault?: Behaviour): Promise<Round>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the destinations and saves the action that sends to all of them. */
async function startNeighbours(
  producer: Producer,
  { load, lane }: Pick<Expectation, "load" | "lane">,
): Promise<Neighbours> {
  const behaviours: (Behaviour | undefined)[] = [];
  const receivers: Receiver[] = [];
  for (let index = 0; index < load.destinations; index++)
    receivers.push(await startReceiver(() => behaviours[index] ?? slow(load.answerMs, ok())));
  await producer.actions.apply({
    id: "n",
    url: "http://127.0.0.1:{{ customer.port }}/x",
    body: "{{ customer }}",
    timeoutMs: TIMEOUT_MS,
    // What fails stays out of the next rounds.
    retry: { attempts: 2, baseMs: 3_600_000, maxMs: 3_600_000 },
  });
  const ports = receivers.map(({ url }) => Number(new URL(url).port));
  let rounds = 0;

  return {
    async round(fault) {
      rounds += 1;
      const broken = rounds % load.destinations;
      behaviours[broken] = fault;
      const name = `round${rounds}`;
      const startedAt = Date.now();
      const toCustomer: ToCustomer = (nth) => ({ id: `${name}.${nth}`, port: ports[nth % ports.length] });
      if (lane === "shared") await enqueueEvenly(producer, load, toCustomer);
      else {
        const healthy = ports.filter((_, index) => index !== broken);
        const before = Array.from({ length: SHARED_OF_RUN }, (_, nth) => ({
          id: `before.${name}.${nth}`,
          port: healthy[nth % healthy.length],
        }));
        await producer.enqueueMany({ action: "n", customers: before, run: name });
        await untilIdle(producer, "bulk");
        await producer.enqueueMany({ action: "n", customers: evenly(load, toCustomer), run: name });
      }
      const ways = receivers
        .filter((_, index) => index !== broken)
        .flatMap(({ requests }) => requests.filter(({ body }) => body.includes(`"${name}.`)))
        .map(({ body, atMs }) => atMs - Number(JSON.parse(body).at))
        .sort((a, b) => a - b);
      const atBroken = (receivers[broken]?.requests ?? []).filter(({ atMs }) => atMs >= startedAt).length;
      // Nothing of this round may be in the way of the next one.
      await untilIdle(producer, lane === "shared" ? "bulk" : ownLaneName("run", name));
      behaviours[broken] = undefined;
      return { arrived: ways.length, p99Ms: ways[Math.floor(ways.length * 0.99)] ?? 0, atBroken };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(receivers.map((receiver) => receiver.close()));
    },
  };
}

const TICK_MS = 20;
/** Longer than the slow one takes to answer. */
const TIMEOUT_MS = 7_000;
/** So many of a run lie in a shared lane before the rest goes to its own. */
const SHARED_OF_RUN = 1_000;

type ToCustomer = (nth: number) => { id: string; port: number | undefined };

async function untilIdle(producer: Producer, lane: string): Promise<void> {
  await eventually(async () => {
    const { waiting, inFlight } = await producer.lanes.backlog(lane);
    if (waiting + inFlight > 0) throw new Error(`${waiting} waiting, ${inFlight} in flight`);
  });
}

/** Customers at an even rate, each with the time at which it is handed over. */
async function* evenly({ perSecond, seconds }: Load, toCustomer: ToCustomer): AsyncGenerator<{ id: string }> {
  const startedAt = Date.now();
  const count = perSecond * seconds;
  for (let nth = 0; nth < count; ) {
    const due = Math.min(count, Math.floor(((Date.now() - startedAt) * perSecond) / 1_000));
    for (; nth < due; nth++) yield { ...toCustomer(nth), at: Date.now() } as { id: string };
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}

/** Enqueues at an even rate, each with the time at which it was handed over. */
async function enqueueEvenly(
  producer: Producer,
  { perSecond, seconds }: Load,
  toCustomer: ToCustomer,
): Promise<void> {
  const startedAt = Date.now();
  const count = perSecond * seconds;
  const underWay = new Set<Promise<unknown>>();
  for (let nth = 0; nth < count; ) {
    const due = Math.min(count, Math.floor(((Date.now() - startedAt) * perSecond) / 1_000));
    for (; nth < due; nth++) {
      const customer = { ...toCustomer(nth), at: Date.now() };
      const enqueued: Promise<unknown> = producer
        .enqueue({ action: "n", customer, lane: "bulk" })
        .finally(() => underWay.delete(enqueued));
      underWay.add(enqueued);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(underWay);
}
