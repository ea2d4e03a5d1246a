import { ownLaneName } from "@postrider/shared/lanes";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { shardKeys } from "../support/keys.ts";
import { hang, ok, reply } from "../support/receiver.ts";
import { SOON, startSystem } from "../support/system.ts";

test("follows a delivery from waiting over a pending retry to its end, and names the rules", async () => {
  await using system = await startSystem((_, { nth }) => (nth === 1 ? reply(503) : ok()));
  await system.apply({ retry: { attempts: 3, baseMs: 3_600_000, factor: 1, maxMs: 3_600_000 } });
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: "ann" } });
  const { deliveries, deadLetters } = system.producer;

  expect(await deliveries.show(id)).toMatchObject({
    id,
    state: "waiting",
    lane: "transactional",
    action: "a@1",
    customerId: "ann",
    idempotencyKey: id,
    outcome: null,
    attempts: [],
    destination: { origin: system.receiver.url },
    next: { what: "claim", message: expect.stringContaining("0 before it in the lane transactional") },
  });

  await system.startWorker();
  await eventually(async () => expect(await deliveries.show(id)).toMatchObject({ state: "delayed" }));
  const delayed = await deliveries.show(id);
  expect(delayed).toMatchObject({
    attempts: [
      {
        attempt: 1,
        finding: { status: 503 },
        verdict: { kind: "retry", reason: "reply_5xx" },
        rule: expect.stringContaining("reply_5xx is tried again"),
      },
    ],
    next: { what: "due", message: expect.stringContaining("attempt 2 at ") },
  });
  const [attempt] = delayed.attempts;
  const waitMs = (delayed.dueAt ?? 0) - (attempt?.at ?? 0);
  expect(Math.abs(waitMs - (attempt?.verdict.delayMs ?? 0))).toBeLessThan(10_000);

  await deadLetters.replay({ ids: [id] });
  await eventually(async () => expect(await deliveries.show(id)).toMatchObject({ state: "ended" }));
  expect(await deliveries.show(id)).toMatchObject({
    lane: null,
    outcome: { outcome: "delivered", reason: "reply_2xx", status: 200, attempts: 2 },
    next: { what: "nothing" },
  });
});

test("in flight, dead letter, purged, never heard of", async () => {
  let behaviour = hang();
  await using system = await startSystem(() => behaviour);
  await system.apply({ timeoutMs: 60_000, retry: { ...SOON, attempts: 1 } });
  const { deliveries, deadLetters } = system.producer;
  const worker = await system.startWorker({ POSTRIDER_SHUTDOWN_GRACE_MS: "0" });
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(() => expect(system.receiver.requests).toHaveLength(1));

  expect(await deliveries.show(id)).toMatchObject({
    state: "in-flight",
    next: { what: "answer", message: expect.stringContaining("attempt 1") },
  });

  await worker.close();
  expect(await deliveries.show(id)).toMatchObject({
    state: "waiting",
    attempts: [{ verdict: { kind: "handed-back" }, rule: expect.stringContaining("told to stop") }],
  });
  behaviour = reply(410);
  await system.startWorker();
  await eventually(async () => expect(await deliveries.show(id)).toMatchObject({ state: "dead-letter" }));
  expect(await deliveries.show(id)).toMatchObject({
    lane: "transactional",
    outcome: { outcome: "failed", reason: "gone" },
    attempts: [{}, { finding: { status: 410 }, rule: expect.stringContaining("410") }],
    next: { what: "replay" },
  });

  await deadLetters.purge({ ids: [id] });
  expect(await deliveries.show(id)).toMatchObject({
    state: "ended",
    outcome: { outcome: "failed", reason: "gone" },
    attempts: [],
    next: { what: "nothing", message: expect.stringContaining("kept no more") },
  });
  await expect(deliveries.show("x.never")).rejects.toMatchObject({ code: "delivery_unknown" });
});

test("names what a waiting delivery waits for: its held or paused run, its paused destination, an open circuit", async () => {
  await using system = await startSystem(() => reply(503));
  await system.apply({ retry: { attempts: 100, baseMs: 200, factor: 1, maxMs: 200 } });
  const { producer } = system;
  const { origin } = new URL(system.receiver.url);
  const order = { action: "a", customers: [{ id: 1 }], run: "r", hold: true };
  await producer.enqueueMany(order);
  const [id = ""] = await idsIn(producer, ownLaneName("run", "r"));
  const next = async () => (await producer.deliveries.show(id)).next;

  expect(await next()).toMatchObject({ what: "run_held" });
  await producer.runs.pause("r");
  expect(await next()).toMatchObject({ what: "run_paused" });
  await producer.runs.resume("r");
  await producer.runs.release("r");
  await producer.destinations.pause(origin);
  expect(await next()).toMatchObject({
    what: "destination_paused",
    message: expect.stringContaining(origin),
  });

  await producer.destinations.resume(origin);
  const worker = await system.startWorker({
    POSTRIDER_CIRCUIT_PAUSE_MS: "3600000",
    POSTRIDER_CIRCUIT_PAUSE_MAX_MS: "3600000",
  });
  await eventually(async () => expect(await next()).toMatchObject({ what: "circuit_open" }));
  const { probeAt } = await producer.destinations.show(origin);
  await eventually(async () =>
    expect(await next()).toMatchObject({
      at: probeAt,
      message: expect.stringContaining("the next probe is at"),
    }),
  );
  await eventually(async () => {
    const { lanes, openCircuits } = await producer.ownLanes.top(2);
    expect(openCircuits).toMatchObject([{ origin, state: "circuit-open", probeAt }]);
    expect(lanes).toContainEqual(
      expect.objectContaining({ kind: "destination", of: origin, state: "circuit-open" }),
    );
    // It waits in its destination's lane, or as a retry in its run's, which nobody serves while the circuit
    // is open.
    expect(lanes.reduce((sum, { waiting, delayed }) => sum + waiting + delayed, 0)).toBe(1);
  });
  // So that nobody ends it before it is shown.
  await worker.close();
  await producer.runs.cancel("r");
  expect(await next()).toMatchObject({ what: "cancel" });
});

async function idsIn(producer: Awaited<ReturnType<typeof startSystem>>["producer"], lane: string) {
  const client = await producer.lanes.queue(lane).backend.client;
  return client.lrange(shardKeys.ofLane(lane, "wait"), 0, -1);
}
