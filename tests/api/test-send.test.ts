// A test send over HTTP: asked for by the API, carried out by a worker.

import { afterEach, expect, test } from "vitest";
import { expectProblem, type RunningApi, startApi } from "../support/api.ts";
import { hang, reply } from "../support/receiver.ts";
import { newKey } from "../support/secret-keys.ts";
import { type System, startSystem } from "../support/system.ts";

const secretKeys = newKey("k1");
let api: RunningApi | undefined;
afterEach(async () => {
  await api?.[Symbol.asyncDispose]();
  api = undefined;
});

async function start(script: Parameters<typeof startSystem>[0]): Promise<System> {
  const system = await startSystem(script, { secretKeys });
  api = await startApi({ POSTRIDER_REDIS_URL: system.redisUrl, POSTRIDER_SECRET_KEYS: secretKeys });
  return system;
}

const ask = (body: unknown, action = "a") => api?.request("POST", `/v1/actions/${action}/test`, { body });

test("sends once, tells what came back, and records nothing", async () => {
  await using system = await start(() => reply(201, { "x-id": "7" }, "made"));
  await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys });
  await system.producer.secrets.set("CRM", "a secret that nobody sees");
  await system.apply({
    secrets: ["CRM"],
    headers: [{ name: "Authorization", value: "Bearer {{ secrets.CRM }}" }],
  });

  const answered = await ask({ customer: { id: 9, name: "Ann" }, event: { a: 1 } });

  expect(answered?.json).toMatchObject({
    request: { method: "POST", url: `${system.receiver.url}/x` },
    reply: { status: 201, headers: { "x-id": "7" }, body: "made" },
    fault: null,
    problems: [],
    verdict: "delivered",
    reason: "reply_2xx",
    retryInMs: null,
  });
  expect(answered?.text).not.toContain("a secret that nobody sees");
  expect(system.receiver.requests).toHaveLength(1);
  expect(system.receiver.requests[0]?.headers["authorization"]).toBe("Bearer a secret that nobody sees");
  expect((await system.producer.outcomes.read()).outcomes).toEqual([]);
});

test("tells a fault with the retry that would follow, and why nothing was sent", async () => {
  await using system = await start(() => hang());
  await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys });
  await system.apply({ timeoutMs: 200 });
  expect((await ask({ customer: { id: 1 } }))?.json).toMatchObject({
    reply: null,
    fault: { code: "timeout" },
    verdict: "retry",
    retryInMs: expect.any(Number),
  });

  await system.apply({ id: "b", body: "{{ customer.name }}" });
  expect((await ask({ customer: { id: 1 } }, "b"))?.json).toMatchObject({
    request: null,
    verdict: "failed",
    reason: "value_missing",
    problems: [{ pointer: "/body" }],
  });
});

test("where no worker runs that is told within seconds, and nothing is sent later", async () => {
  await using system = await start(() => reply(200));
  await system.apply();

  const answered = await ask({ customer: { id: 1 } });
  if (answered === undefined) throw new Error("no answer");
  expectProblem(answered, "worker_unavailable");
  expect(answered.headers.get("retry-after")).toMatch(/^\d+$/);
  await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys });
  await system.producer.enqueueMany({ action: "a", customers: [{ id: 1 }], run: "r" });
  await system.untilEnded("r");
  expect(system.receiver.requests).toHaveLength(1);
});

test.each([
  [{ customer: { name: "no id" } }, "a", "request_invalid"],
  [{ customer: { id: 1 }, values: { odd: 1 } }, "a", "delivery_invalid"],
  [{ customer: { id: 1 } }, "none", "action_unknown"],
  [{}, "a", "request_invalid"],
])("refuses %j", async (body, action, code) => {
  await using system = await start(() => reply(200));
  await system.apply();

  const answered = await ask(body, action);
  expect(answered?.json.code).toBe(code);
});

test("a draft is sent to the request bin: what arrived is shown, credentials masked, and nobody else is asked", async () => {
  await using system = await start(() => reply(200));
  // Not even loopback is allowed to it.
  await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys, POSTRIDER_ALLOW_NETWORKS: "" });
  await system.producer.secrets.set("CRM", "a secret that nobody sees");
  const action = {
    method: "PUT",
    url: "https://crm.example/people/{{ customer.id }}?a=1",
    secrets: ["CRM"],
    secretsInBody: true,
    headers: [
      { name: "Authorization", value: "Bearer {{ secrets.CRM }}" },
      { name: "x-Odd-Name", value: "{{ customer.name }}" },
    ],
    body: '{"key": "{{ secrets.CRM }}", "order": {{ customer.order }}}',
  };
  const draft = JSON.stringify({ action, bin: {}, customer: { id: 9, name: "Ann" } }).replace(
    '"name":"Ann"',
    '"name":"Ann","order":9007199254740993',
  );

  const answered = await api?.request("POST", "/v1/actions/draft/test", { body: draft });

  expect(answered?.json).toMatchObject({
    reply: { status: 200, body: '{"received":true}' },
    verdict: "delivered",
    arrived: {
      method: "PUT",
      path: "/people/9?a=1",
      httpVersion: "1.1",
      body: '{"key": "***", "order": 9007199254740993}',
      bodyBytes: 63,
    },
    timings: { dnsMs: null, connectMs: 0 },
  });
  const names = answered?.json.arrived.headers.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(["host", "x-Odd-Name", "Authorization", "content-length"]));
  expect(answered?.json.arrived.headers).toContainEqual({ name: "host", value: "crm.example" });
  expect(answered?.json.arrived.headers).toContainEqual({ name: "Authorization", value: "***" });
  expect(answered?.text).not.toContain("a secret that nobody sees");
  expect(system.receiver.requests).toEqual([]);
  expect(await system.producer.actions.list()).toEqual([]);
});

test("the bin answers as it is asked to, so that the verdict shows; a saved action can be sent there, too", async () => {
  await using system = await start(() => reply(200));
  await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys });
  await system.apply();

  const answered = await ask({ customer: { id: 1 }, bin: { status: 503 } });

  expect(answered?.json).toMatchObject({
    reply: { status: 503 },
    verdict: "retry",
    retryInMs: expect.any(Number),
    arrived: { path: "/x" },
  });
  expect(system.receiver.requests).toEqual([]);
});

test("a draft that goes out leaves an entry in the audit, since no version tells of it", async () => {
  await using system = await start(() => reply(200));
  await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys });
  const action = { url: `${system.receiver.url.replace("://", "://ann:s3cret@")}/x` };
  await ask({ customer: { id: 1 }, action, bin: {} }, "draft");
  await ask({ customer: { id: 1 }, action }, "draft");

  expect(system.receiver.requests).toHaveLength(1);
  const { audit } = await system.producer.audit.list();
  expect(audit).toMatchObject([
    { what: "action.draft_sent", on: "draft", to: `${system.receiver.url.replace("://", "://***@")}/x` },
  ]);
});

test("what is wrong with a draft is told within it, and a mask is no credential", async () => {
  await using system = await start(() => reply(200));
  const problems = async (action: object) =>
    (await ask({ customer: { id: 1 }, action, bin: {} }, "draft"))?.json.problems;

  expect(await problems({ url: "https://a.example/{{ customer.id | upcasse }}" })).toMatchObject([
    { pointer: "/action/url", line: 1 },
  ]);
  expect(
    await problems({ url: "https://a.example", headers: [{ name: "Authorization", value: "***" }] }),
  ).toMatchObject([{ pointer: "/action/headers/0/value" }]);
  await system.apply();
  expect(
    (await ask({ customer: { id: 1 }, action: { id: "other", url: "https://a.example" } }))?.json.code,
  ).toBe("action_invalid");
});
