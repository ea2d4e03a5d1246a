import { createProducer } from "@postrider/producer/producer";
import { toDeliveryId } from "@postrider/shared/delivery";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet, untilOver } from "../support/fleet.ts";
import { ok, reply, type Script, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

/** A pause or a cancellation is known to all workers by then. */
const TAKES_HOLD_MS = 2_000;
const COUNT = 4_000;

/** A run of which a part is sent, a part waits in both lanes, and a part is delayed for a retry. */
async function startRun(script: Script, retryMs: number) {
  const redisUrl = await isolatedRedisUrl();
  const receiver = await startReceiver(script);
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    retry: { attempts: 5, baseMs: retryMs, factor: 1, maxMs: retryMs },
  });
  const fleet = startFleet(redisUrl, 2, { POSTRIDER_CONCURRENCY: "10" });
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(COUNT), run: "r" });
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(300), 30_000);
  return {
    receiver,
    producer,
    fleet,
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]();
      await producer.close();
      await receiver.close();
    },
  };
}

/** Every tenth customer's first attempt fails, so that some deliveries wait for a retry. */
const flaky: Script = ({ body }, { nth }) => slow(20, nth === 1 && /"c\d*0"/.test(body) ? reply(500) : ok());

test("a paused run stops on all workers within two seconds and goes on where it was", async () => {
  await using system = await startRun(flaky, 500);
  const { producer, receiver } = system;

  const pausedAt = Date.now();
  await producer.runs.pause("r");
  await eventually(async () =>
    expect(await producer.runs.get("r")).toMatchObject({ state: "paused", inFlight: 0 }),
  );
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, pausedAt + 4_000 - Date.now())));
  const late = receiver.requests.filter(({ atMs }) => atMs > pausedAt + TAKES_HOLD_MS);
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
}, 400_000);

test("a cancelled run sends nothing after two seconds, and what was left of it ends as cancelled", async () => {
  await using system = await startRun(flaky, 3_000);
  const { producer, receiver } = system;

  const cancelledAt = Date.now();
  await producer.runs.cancel("r");
  const run = await untilOver(producer, "r");

  expect(receiver.requests.filter(({ atMs }) => atMs > cancelledAt + TAKES_HOLD_MS)).toHaveLength(0);
  expect(run.state).toBe("cancelled");
  expect(run.cancelled).toBeGreaterThan(COUNT / 4);
  expect(run.delivered + run.cancelled).toBe(COUNT);
  expect(run.delivered).toBe(
    [...receiver.byKey().values()].filter(
      (requests) => requests.length > 1 || !/"c\d*0"/.test(requests[0]?.body ?? ""),
    ).length,
  );
  await expect(
    producer.enqueueMany({ action: "a", customers: customers(10), run: "r" }),
  ).rejects.toMatchObject({ code: "run_cancelled" });
}, 400_000);

test("a held run sends nothing until one delivery, and then all the others, are released", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver();
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(redisUrl, 2);
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(1_500), run: "r", hold: true });
  await producer.enqueueMany({ action: "a", customers: customers(50), run: "other" });
  await untilOver(producer, "other");
  expect(await producer.runs.get("r")).toMatchObject({ state: "held", waiting: 1_500, inFlight: 0 });

  const one = toDeliveryId({ run: "r", customerId: "c1234" });
  await producer.runs.release("r", one);
  await eventually(async () =>
    expect(await producer.outcomes.get(one)).toMatchObject({ outcome: "delivered" }),
  );
  await expect(producer.runs.release("r", one)).rejects.toMatchObject({ code: "delivery_unknown" });
  expect(await producer.runs.get("r")).toMatchObject({ state: "held", waiting: 1_499, delivered: 1 });

  await producer.runs.release("r");
  expect(await untilOver(producer, "r")).toMatchObject({ enqueued: 1_500, delivered: 1_500 });
  expect(receiver.requests).toHaveLength(1_550);
  await producer.close();
}, 400_000);
