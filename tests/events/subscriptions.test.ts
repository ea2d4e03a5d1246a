// Events and outcomes that are delivered as webhooks: each once, signed, and never because of themselves.

import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { type ReceivedRequest, reply, startReceiver } from "../support/receiver.ts";
import { newKey } from "../support/secret-keys.ts";
import { customers, SOON, startSystem } from "../support/system.ts";

const SECRET = `whsec_${Buffer.from("a secret of twenty-four or more bytes").toString("base64")}`;
const secretKeys = newKey("k1");

/** An action that sends an event to a receiver, as subscriptions need it. */
function toHook(id: string, url: string) {
  return {
    id,
    url: `${url}/hook`,
    headers: [{ name: "Content-Type", value: "application/json" }],
    body: "{{ event }}",
    retry: SOON,
  };
}

interface Received {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Record<string, unknown>;
}

function read(requests: readonly ReceivedRequest[]): Received[] {
  return requests.map(({ body }) => JSON.parse(body) as Received);
}

test("chosen events and outcomes come signed by Standard Webhooks, and a sample of them when asked for", async () => {
  await using system = await startSystem(({ body }) => reply(body.includes("c1") ? 400 : 200), {
    secretKeys,
  });
  await using hooks = await startReceiver();
  await using api = await startApi({
    POSTRIDER_REDIS_URL: system.redisUrl,
    POSTRIDER_SECRET_KEYS: secretKeys,
  });
  await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys });
  await system.apply();
  await system.producer.secrets.set("HOOK", SECRET);
  await system.producer.actions.apply({
    ...toHook("hook", hooks.url),
    secrets: ["HOOK"],
    signing: { scheme: "standard-webhooks", secrets: ["{{ secrets.HOOK }}"] },
  });
  // What was told before a subscription is there is none of its business.
  await system.producer.enqueueMany({ action: "a", customers: customers(2), run: "before" });
  await system.untilEnded("before");

  const saved = await api.request("PUT", "/v1/subscriptions/ops", {
    body: { action: "hook", events: ["run.completed"], outcomes: { outcome: "failed", run: "after" } },
  });
  expect(saved.status).toBe(201);
  await system.producer.enqueueMany({ action: "a", customers: customers(2), run: "after" });
  await system.producer.runs.pause("after");
  await system.producer.runs.resume("after");
  const { json } = await api.request("POST", "/v1/subscriptions/ops/test");

  const received = await eventually(() => {
    expect(hooks.byKey().size).toBe(3);
    return read(hooks.requests);
  });
  const byType = Object.fromEntries(
    received.filter(({ id }) => !id.startsWith("test:")).map((one) => [one.type, one]),
  );
  expect(byType).toEqual({
    "run.completed": {
      id: "run.completed:after",
      type: "run.completed",
      timestamp: expect.stringMatching(/^2.*Z$/),
      data: expect.objectContaining({ run: "after", enqueued: 2, delivered: 1, failed: 1 }),
    },
    "outcome.failed": expect.objectContaining({
      data: expect.objectContaining({ run: "after", customer: "c1", outcome: "failed", status: 400 }),
    }),
  });
  expect(hooks.byKey().has(json.delivery)).toBe(true);
  for (const { body, headers } of hooks.requests)
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
  await eventually(async () =>
    expect((await api.request("GET", "/v1/subscriptions/ops")).json).toMatchObject({
      unread: 0,
      missed: 0,
      problem: null,
      recent: { delivered: 3, failed: 0, open: 0, lastFailure: null },
    }),
  );
  expect((await api.request("DELETE", "/v1/subscriptions/ops")).status).toBe(204);
  expect((await api.request("GET", "/v1/subscriptions")).json).toEqual({ subscriptions: [], after: null });
});

test("what subscriptions deliver is told by none, also where two point at each other and their receivers fail", async () => {
  await using system = await startSystem();
  await using one = await startReceiver(() => reply(503));
  await using other = await startReceiver(() => reply(400));
  await using _api = await startApi({ POSTRIDER_REDIS_URL: system.redisUrl });
  await system.startWorker({
    POSTRIDER_CIRCUIT_ATTEMPTS_MIN: "1",
    POSTRIDER_CIRCUIT_PAUSE_MS: "100",
    POSTRIDER_CIRCUIT_PAUSE_MAX_MS: "100",
    POSTRIDER_DEAD_LETTERS_THRESHOLD: "1",
  });
  const { producer } = system;
  await system.apply();
  const events = ["run.completed", "run.paused", "dead_letters.threshold", "action.failing"] as const;
  const circuits = ["destination.circuit_opened", "destination.circuit_closed"] as const;
  for (const [id, url] of [
    ["one", one.url],
    ["other", other.url],
  ] as const) {
    await producer.actions.apply(toHook(id, url));
    await producer.subscriptions.set(id, { action: id, events: [...events, ...circuits], outcomes: {} });
  }
  // More than an action needs to be failing, all of which the receivers refuse.
  await producer.enqueueMany({ action: "a", customers: customers(25), run: "r" });
  await system.untilEnded("r");

  const ended = async () =>
    (await producer.outcomes.read({ limit: 1_000 })).outcomes.filter(({ action }) => action !== "a@1");
  // Each: 25 outcomes, and the run's end.
  await eventually(async () =>
    expect((await ended()).filter(({ action }) => action === "other@1")).toHaveLength(26),
  );
  // The failing actions and circuits were told, to those who look.
  await eventually(async () => {
    const types = (await producer.events.read()).events.map(
      ({ type, data }) => `${type} ${"action" in data ? data.action : ""}`,
    );
    expect(types).toEqual(expect.arrayContaining(["action.failing other", "destination.circuit_opened "]));
  });
  // Whatever is told from now on is looked at before the pause, and the pause is delivered.
  await producer.enqueueMany({ action: "a", customers: customers(1), run: "last", hold: true });
  await producer.runs.pause("last");
  await eventually(() => expect(read(other.requests).map(({ type }) => type)).toContain("run.paused"));

  const types = new Set([...read(one.requests), ...read(other.requests)].map(({ type }) => type));
  expect(types).toEqual(new Set(["outcome.delivered", "run.completed", "run.paused"]));
  const carried = read(other.requests).filter(({ type }) => type === "outcome.delivered");
  expect(new Set(carried.map(({ data }) => data["action"]))).toEqual(new Set(["a@1"]));
  const { recent } = await producer.subscriptions.get("other");
  expect(recent).toMatchObject({ delivered: 0, lastFailure: { reason: "reply_4xx", status: 400 } });
  expect(recent?.failed).toBeGreaterThan(20);
  const letters = (await producer.deadLetters.count({})).count;
  expect(letters).toBeGreaterThan(20);
  expect((await producer.events.read()).events.map(({ type }) => type)).not.toContain(
    "dead_letters.threshold",
  );
});

test("a subscription whose action is archived or of no use says so, and goes on where it was when it is mended", async () => {
  await using system = await startSystem();
  await using _api = await startApi({ POSTRIDER_REDIS_URL: system.redisUrl });
  await system.startWorker();
  const { producer } = system;
  await system.apply();
  await producer.actions.apply(toHook("hook", system.receiver.url));
  await producer.subscriptions.set("ops", { action: "hook", events: ["run.completed"] });
  await producer.actions.archive("hook");
  await producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  const untilProblem = (code: string, message: string) =>
    eventually(async () =>
      expect(await producer.subscriptions.get("ops")).toMatchObject({
        unread: 1,
        problem: { code, message: expect.stringContaining(message) },
      }),
    );

  await untilProblem("action_archived", "actions restore hook");
  await producer.actions.apply({ ...toHook("hook", "https://{{ event.data.run }}.example") });
  await untilProblem("subscription_invalid", "does not name its host");
  await producer.actions.apply(toHook("hook", system.receiver.url));
  await eventually(() =>
    expect(read(system.receiver.requests.filter(({ path }) => path === "/hook"))).toMatchObject([
      { id: "run.completed:r" },
    ]),
  );
  await eventually(async () =>
    expect(await producer.subscriptions.get("ops")).toMatchObject({ unread: 0, problem: null }),
  );
});

test.each([
  [{ action: "hook" }, "events"],
  [{ action: "hook", events: [] }, "events"],
  [{ action: "hook", events: ["run.complete"] }, "events[0]"],
  [{ action: "hook", outcomes: { reason: "odd" } }, "outcomes.reason"],
  [{ action: "hook", outcomes: {}, odd: 1 }, "odd"],
  [{ action: "anywhere", outcomes: {} }, "action"],
  [{ action: "welcome", outcomes: {} }, "action"],
  [{ action: "of-runs", events: ["run.completed", "task.finished"] }, "action"],
])("refuses %j, naming the field", async (document, field) => {
  await using system = await startSystem();
  await system.producer.actions.apply(toHook("hook", system.receiver.url));
  await system.apply({ id: "welcome", url: "https://crm.example/", body: '{"name": "{{ customer.name }}"}' });
  await system.apply({ id: "of-runs", url: "https://ops.example/", body: '{"run": "{{ event.data.run }}"}' });
  await system.producer.actions.apply(toHook("anywhere", "https://{{ customer.id }}.example"));

  await expect(system.producer.subscriptions.set("x", document as never)).rejects.toMatchObject({
    code: "subscription_invalid",
    problems: [{ field }],
  });
  expect(await system.producer.subscriptions.list()).toEqual([]);
});
