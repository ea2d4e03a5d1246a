import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { closedPort } from "../support/network.ts";
import { startPostrider } from "../support/processes.ts";
import { drip, hang, huge, ok, reply, reset, resetMidBody } from "../support/receiver.ts";
import { customers, SOON, type System, startSystem } from "../support/system.ts";

test("delivers each customer of a run once, with an Idempotency-Key of its own", async () => {
  await using system = await startSystem();
  await system.startWorker();
  await system.apply();

  const { enqueued } = await system.producer.enqueueMany({
    action: "a",
    customers: customers(200),
    run: "r",
  });
  await system.untilEnded("r");

  expect(enqueued).toBe(200);
  expect(await system.producer.runs.get("r")).toMatchObject({
    enqueued: 200,
    delivered: 200,
    failed: 0,
    waiting: 0,
    inFlight: 0,
    retries: 0,
  });
  expect(system.receiver.byKey().size).toBe(200);
  expect(new Set(system.receiver.requests.map(({ body }) => JSON.parse(body).id)).size).toBe(200);
});

test("repeats an attempt with the same bytes, chance and time included, and the same key until it succeeds", async () => {
  await using system = await startSystem((_, { nth }) => [reset(), reply(503), ok()][nth - 1] ?? ok());
  await system.startWorker();
  await system.apply({
    body: `{"c": {{ customer }}, "r": {% random 1000000000 %}, "u": "{% generate_uuid %}", "n": "{{ 'now' | date: '%s.%L' }}"}`,
  });

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1, text: "a=>b" } });
  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({
      outcome: "delivered",
      reason: "reply_2xx",
      attempts: 3,
    }),
  );

  const requests = system.receiver.byKey().get(id) ?? [];
  expect(requests).toHaveLength(3);
  expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
});

test("keeps a permanent refusal as a dead letter with the reply, and a replay sends it again under the same key", async () => {
  let isBroken = true;
  await using system = await startSystem(() => (isBroken ? reply(422, {}, "no such plan") : ok()));
  await system.startWorker();
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await system.untilEnded("r");

  const { id } = await onlyLetter(system);
  expect(await system.producer.deadLetters.list({ limit: 10 })).toMatchObject({
    total: 1,
    deadLetters: [{ reason: "reply_4xx", attempts: 1, run: "r", customerId: "c0" }],
  });
  expect((await system.producer.deadLetters.show(id)).history).toMatchObject([
    { attempt: 1, finding: { status: 422, body: "no such plan" } },
  ]);

  isBroken = false;
  await system.producer.deadLetters.replay({ ids: [id] });
  await system.untilEnded("r");

  expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 1, delivered: 1, failed: 0 });
  expect(system.receiver.byKey().get(id)).toHaveLength(2);
  expect(await system.producer.deadLetters.replay({ ids: [id] })).toMatchObject({
    replayed: 0,
    unknown: [id],
  });
});

test("gives up after the policy's attempts, with the last one's reason", async () => {
  await using system = await startSystem(() => reply(500));
  await system.startWorker();
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(5), run: "r" });
  await system.untilEnded("r");

  expect(await system.producer.runs.get("r")).toMatchObject({
    failed: 5,
    retries: 10,
    failedByReason: { reply_5xx: 5 },
  });
  expect(system.receiver.requests).toHaveLength(15);
});

test("waits as long as a 429 asks, and spends no attempt on it", async () => {
  await using system = await startSystem((_, { nth }) =>
    nth <= 4 ? reply(429, { "retry-after": "0.2" }) : ok(),
  );
  await system.startWorker();
  await system.apply({ retry: { ...SOON, attempts: 1 } });

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "delivered", attempts: 1 }),
  );

  const times = (system.receiver.byKey().get(id) ?? []).map(({ atMs }) => atMs);
  expect(times).toHaveLength(5);
  expect(Math.min(...times.slice(1).map((at, index) => at - (times[index] ?? 0)))).toBeGreaterThanOrEqual(
    195,
  );
});

test.each([
  ["never answers", hang(), "timeout"],
  ["closes before the answer", reset(), "reset"],
])("a destination that %s is a fault that ends within the deadline", async (_, behaviour, reason) => {
  await using system = await startSystem(() => behaviour);
  await system.startWorker();
  // A short deadline only where it is what ends the attempt: on a slow machine it would be the first to end
  // the others, too.
  await system.apply({ ...(reason === "timeout" && { timeoutMs: 300 }), retry: { ...SOON, attempts: 1 } });

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });

  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "failed", reason }),
  );
});

test.each([
  ["drips its answer without an end", drip(1, 20)],
  ["closes inside the answer", resetMidBody()],
])("a destination that %s has told its status before, which decides", async (_, behaviour) => {
  await using system = await startSystem(() => behaviour);
  await system.startWorker();
  // The attempt that never ends takes all of it; on a slow machine less would end the other one, too.
  await system.apply({ timeoutMs: 3_000, retry: { ...SOON, attempts: 1 } });

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });

  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({
      outcome: "delivered",
      reason: "reply_2xx",
    }),
  );
  expect(system.receiver.requests).toHaveLength(1);
});

test("nobody listens: the fault is connect", async () => {
  await using system = await startSystem();
  await system.startWorker();
  await system.apply({ url: `http://127.0.0.1:${await closedPort()}/`, retry: { ...SOON, attempts: 1 } });

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });

  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "failed", reason: "connect" }),
  );
});

test("keeps no more of an answer than it should, and the answer counts all the same", async () => {
  await using system = await startSystem(() => huge(50_000_000));
  await system.startWorker({ POSTRIDER_REPLY_BYTES_MAX: "1000" });
  await system.apply();

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });

  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "delivered" }),
  );
});

test("what cannot be composed fails unsent, and names the value", async () => {
  await using system = await startSystem();
  await system.startWorker();
  await system.apply({ body: '{"plan": "{{ customer.plan }}"}' });
  await system.producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await system.untilEnded("r");

  const shown = await system.producer.deadLetters.show((await onlyLetter(system)).id);
  expect(shown).toMatchObject({ reason: "value_missing" });
  expect(JSON.stringify(shown.history)).toContain("customer.plan is missing");
  expect(system.receiver.requests).toHaveLength(0);
});

test("a template may cancel a delivery, unsent, with a reason; it is counted as cancelled", async () => {
  await using system = await startSystem();
  await system.startWorker();
  await system.apply({
    body: '{% if customer.name contains "1" %}{% cancel "no ones" %}{% endif %}{{ customer }}',
  });
  await system.producer.enqueueMany({ action: "a", customers: customers(5), run: "r" });
  await system.untilEnded("r");

  expect(await system.producer.runs.get("r")).toMatchObject({
    enqueued: 5,
    delivered: 4,
    cancelled: 1,
    failed: 0,
  });
  expect(system.receiver.requests).toHaveLength(4);
});

test("sends nothing before sendAt, and nothing after expiresAt", async () => {
  await using system = await startSystem();
  await system.apply();
  const now = Date.now();
  const late = await system.producer.enqueue({
    action: "a",
    customer: { id: 1 },
    sendAt: new Date(now + 700),
  });
  const expired = await system.producer.enqueue({
    action: "a",
    customer: { id: 2 },
    expiresAt: new Date(now + 1),
  });
  await system.startWorker();

  await eventually(async () =>
    expect(await system.producer.outcomes.get(expired.id)).toMatchObject({ outcome: "expired" }),
  );
  await eventually(async () =>
    expect(await system.producer.outcomes.get(late.id)).toMatchObject({ outcome: "delivered" }),
  );

  expect(system.receiver.requests).toHaveLength(1);
  expect(system.receiver.requests[0]?.atMs).toBeGreaterThanOrEqual(now + 690);
});

test("an unknown action version, what is no delivery, and a delivery whose workers keep dying, end as dead letters", async () => {
  await using system = await startSystem();
  await system.apply();
  const queue = system.producer.lanes.queue("bulk");
  await queue.add("delivery", { v: 1, action: "a@99", customer: { id: 1 } }, { jobId: "x.unknown" });
  const crashed = await queue.add(
    "delivery",
    { v: 1, action: "a@1", customer: { id: 1 } },
    { jobId: "x.crashed" },
  );
  const client = await queue.backend.client;
  await client.hset(queue.toKey(crashed.id ?? ""), { stc: 3 });
  await queue.add("delivery", { something: "else" }, { jobId: "x.invalid" });
  await queue.add("delivery", { v: 2, something: "newer" }, { jobId: "x.newer" });
  await system.startWorker();

  await eventually(async () =>
    expect(await system.producer.outcomes.get("x.invalid")).toMatchObject({
      outcome: "failed",
      reason: "delivery_invalid",
    }),
  );
  expect((await system.producer.deadLetters.list({ limit: 10 })).total).toBeGreaterThan(0);
  await eventually(async () =>
    expect(await system.producer.outcomes.get("x.unknown")).toMatchObject({
      outcome: "failed",
      reason: "action_unknown",
    }),
  );
  await eventually(async () =>
    expect(await system.producer.outcomes.get("x.crashed")).toMatchObject({
      outcome: "failed",
      reason: "crash",
    }),
  );
  // Of a later release: it waits for a worker of that release.
  expect(await system.producer.outcomes.get("x.newer")).toBeNull();
  expect(await system.producer.lanes.backlog("bulk")).toMatchObject({ delayed: 1 });
  expect(system.receiver.requests).toHaveLength(0);
});

test("a claim of a delivery that has ended already sends nothing and counts nothing", async () => {
  await using system = await startSystem();
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await system.startWorker();
  await system.untilEnded("r");
  const [key = ""] = system.receiver.byKey().keys();

  // As a crash before its end would leave it: claimed once, ended, and in the lane once more.
  const queue = system.producer.lanes.queue("bulk");
  await addClaimedOnce(queue, key);
  await eventually(async () =>
    expect(await system.producer.lanes.backlog("bulk")).toMatchObject({ waiting: 0, inFlight: 0 }),
  );

  expect(system.receiver.requests).toHaveLength(1);
  expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 1, delivered: 1 });
});

test("a claim of a delivery that has failed already, as a crash before settling leaves it, still makes it a dead letter", async () => {
  await using system = await startSystem(() => reply(400));
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await system.startWorker();
  await system.untilEnded("r");
  const [key = ""] = system.receiver.byKey().keys();
  const queue = system.producer.lanes.queue("bulk");
  await eventually(async () => expect((await system.producer.deadLetters.list({ limit: 1 })).total).toBe(1));

  // The job as it was before it was settled.
  const job = await queue.getJob(key);
  await job?.remove();
  await addClaimedOnce(queue, key);

  await eventually(async () =>
    expect(await system.producer.deadLetters.list({ limit: 1 })).toMatchObject({
      total: 1,
      deadLetters: [{ id: key, reason: "reply_4xx" }],
    }),
  );
  expect(system.receiver.requests).toHaveLength(1);
  expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 1, failed: 1, delivered: 0 });
});

/** A delivery of the run `r` whose first claim ran out. */
async function addClaimedOnce(queue: Queue, id: string): Promise<void> {
  await queue.pause();
  const data = { v: 1, action: "a@1", run: "r", customer: { id: "c0" } };
  await queue.add("delivery", data, { jobId: id, attempts: 3 });
  await (await queue.backend.client).hset(queue.toKey(id), { ats: 1 });
  await queue.resume();
}

test("an id that lies in a lane once more after its delivery has ended ends again, as it did", async () => {
  await using system = await startSystem();
  await system.apply();
  await using worker = startPostrider(["worker"], {
    POSTRIDER_REDIS_URL: system.redisUrl,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_LOG_LEVEL: "info",
  });
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 }, lane: "bulk" });
  await worker.waitForOutput(new RegExp(`"deliveryId":"${id}".*"verdict":"delivered"`));

  const queue = system.producer.lanes.queue("bulk");
  const client = (await queue.backend.client) as unknown as Redis;
  await client.lpush(queue.toKey("wait"), id);
  await client.zadd(queue.toKey("marker"), 0, "0");

  await eventually(async () =>
    expect(await system.producer.lanes.backlog("bulk")).toMatchObject({ waiting: 0, inFlight: 0 }),
  );
  worker.kill("SIGTERM");
  await worker.exited;
  expect(worker.stdout).not.toMatch(/delivery_invalid|"failed"/);
  expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "delivered" });
  expect((await system.producer.deadLetters.list()).total).toBe(0);
  expect(system.receiver.requests).toHaveLength(1);
});

/** The dead letter that is set aside once its outcome is recorded. */
function onlyLetter({ producer }: System) {
  return eventually(async () => {
    const [letter] = (await producer.deadLetters.list({ limit: 1 })).deadLetters;
    if (letter === undefined) throw new Error("there is no dead letter yet");
    return letter;
  });
}
