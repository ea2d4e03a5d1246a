// A run that is paused or cancelled in its middle: how soon do all workers know?

import { createProducer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet, untilOver } from "../support/fleet.ts";
import { createGate } from "../support/gate.ts";
import { ok, reply, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const COUNT = 4_000;
/** Requests that are answered before the run is stopped. */
const SENT = 400;
/** Every tenth customer's first attempt fails, so that some deliveries wait for a retry. */
const FAILS_FIRST = /"c\d*0"/;

export interface TakesHold {
  /** Nothing is sent from so long after the call on. */
  readonly takesHoldMs: number;
}

/**
 * A run of which a part is sent, a part waits in both lanes, and a part is delayed for a retry; what is in
 * flight is answered once `gate` is opened.
 */
async function startRun(retryMs: number) {
  const redisUrl = await isolatedRedisUrl();
  const gate = createGate();
  gate.open(SENT);
  const receiver = await startReceiver(({ body }, { nth }) =>
    gate.behind(slow(20, nth === 1 && FAILS_FIRST.test(body) ? reply(500) : ok())),
  );
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    timeoutMs: 60_000,
    retry: { attempts: 5, baseMs: retryMs, factor: 1, maxMs: retryMs },
  });
  const fleet = startFleet(redisUrl, 2, { POSTRIDER_CONCURRENCY: "10" });
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(COUNT), run: "r" });
  await eventually(() => expect(gate.waiting()).toBeGreaterThan(0));
  return {
    receiver,
    producer,
    gate,
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]();
      await producer.close();
      await receiver.close();
    },
  };
}

/** Pauses a run, and resumes it. */
export async function pauseInTime({ takesHoldMs }: TakesHold): Promise<void> {
  await using system = await startRun(500);
  const { producer, receiver } = system;

  await producer.runs.pause("r");
  const pausedAt = Date.now();
  system.gate.open();
  await eventually(async () =>
    expect(await producer.runs.get("r")).toMatchObject({ state: "paused", inFlight: 0 }),
  );
  await eventually(() => expect(Date.now()).toBeGreaterThan(pausedAt + takesHoldMs + 2_000));
  const late = receiver.requests.filter(({ atMs }) => atMs > pausedAt + takesHoldMs);
  const paused = await producer.runs.get("r");

  expect(late).toHaveLength(0);
  expect(paused.waiting).toBeGreaterThan(COUNT / 4);
  expect(paused.delivered + paused.waiting).toBe(COUNT);
  await producer.runs.resume("r");
  expect(await untilOver(producer, "r")).toMatchObject({
    enqueued: COUNT,
    delivered: COUNT,
    failed: 0,
    retries: COUNT / 10,
  });
  expect(receiver.byKey().size).toBe(COUNT);
  expect(receiver.requests).toHaveLength(COUNT + COUNT / 10);
}

/** Cancels a run, and checks what becomes of the rest of it. */
export async function cancelInTime({ takesHoldMs }: TakesHold): Promise<void> {
  await using system = await startRun(3_000);
  const { producer, receiver } = system;

  await producer.runs.cancel("r");
  const cancelledAt = Date.now();
  system.gate.open();
  const run = await untilOver(producer, "r");

  expect(receiver.requests.filter(({ atMs }) => atMs > cancelledAt + takesHoldMs)).toHaveLength(0);
  expect(run.state).toBe("cancelled");
  expect(run.cancelled).toBeGreaterThan(COUNT / 4);
  expect(run.delivered + run.cancelled).toBe(COUNT);
  expect(run.delivered).toBe(
    [...receiver.byKey().values()].filter(
      (requests) => requests.length > 1 || !FAILS_FIRST.test(requests[0]?.body ?? ""),
    ).length,
  );
  await expect(
    producer.enqueueMany({ action: "a", customers: customers(10), run: "r" }),
  ).rejects.toMatchObject({ code: "run_cancelled" });
}
