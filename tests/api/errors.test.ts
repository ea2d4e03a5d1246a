// Every error that the API's description names, met over the running API; and what holds under load, and for
// clients that are slow or leave.

import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { errorsOf } from "@postrider/api/openapi";
import { ROUTES } from "@postrider/api/routes";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import type { ErrorCode } from "@postrider/shared/error-codes";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Answered,
  expectProblem,
  type RequestOptions,
  type RunningApi,
  startApi,
} from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { storeKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { redisBinary } from "../support/redis.ts";

const TOKEN = "a".repeat(40);
const READER = "r".repeat(40);
const TOKENS = JSON.stringify([
  { name: "all", scopes: ["admin"], token: TOKEN },
  { name: "reader", scopes: ["read"], token: READER },
]);

let api: RunningApi;
beforeAll(async () => {
  api = await startApi({ POSTRIDER_API_TOKENS: TOKENS, POSTRIDER_API_BODY_BYTES_MAX: "50000" });
  for (const id of ["a", "b"]) await send("PUT", `/v1/actions/${id}`, { body: ACTION });
  await api.producer.enqueueMany({ action: "a", run: "over", customers: [{ id: 1 }], hold: true });
  await api.producer.runs.cancel("over");
});
afterAll(() => api[Symbol.asyncDispose]());

const ACTION = { url: "https://api.example.com/", body: "{}" };
const ORDER = { action: "a", customer: { id: 1 } };

function send(method: string, path: string, options: RequestOptions = {}): Promise<Answered> {
  return api.request(method, path, { token: TOKEN, ...options });
}

function stream(action: string): Promise<Answered> {
  const headers = { "content-type": "application/x-ndjson" };
  return send("POST", `/v1/actions/${action}/deliveries?run=taken&open=true`, { body: '{"id":1}', headers });
}

const keyed = { headers: { "idempotency-key": "errors" } };

const MET: Partial<Record<ErrorCode, () => Promise<Answered>>> = {
  action_invalid: () => send("PUT", "/v1/actions/b", { body: {} }),
  action_unknown: () => send("GET", "/v1/actions/none"),
  action_archived: async () => {
    await send("PUT", "/v1/actions/old", { body: ACTION });
    await send("DELETE", "/v1/actions/old");
    return send("POST", "/v1/deliveries", { body: [ORDER, { ...ORDER, action: "old" }] });
  },
  config_invalid: () => send("PUT", "/v1/config", { body: { actions: [{ id: "A B" }] } }),
  customer_invalid: () => send("POST", "/v1/actions/a/preview", { body: { customer: { id: "" } } }),
  delivery_invalid: () => send("POST", "/v1/deliveries", { body: { ...ORDER, values: { odd: 1 } } }),
  run_mismatch: async () => {
    await stream("a");
    return stream("b");
  },
  run_unknown: () => send("GET", "/v1/runs/none"),
  run_cancelled: () => send("POST", "/v1/runs/over/resume"),
  destination_invalid: () => send("GET", "/v1/destinations/nowhere"),
  delivery_unknown: () => send("GET", "/v1/deliveries/none"),
  filter_invalid: () => send("GET", "/v1/deliveries?state=waiting&outcome=failed"),
  dead_letter_unknown: () => send("GET", "/v1/dead-letters/none"),
  dead_letters_invalid: () => send("GET", "/v1/dead-letters?after=nowhere"),
  secret_invalid: () => send("PUT", "/v1/secrets/1", { body: { value: "long enough" } }),
  secret_unknown: () => send("DELETE", "/v1/secrets/NONE"),
  key_missing: () => send("PUT", "/v1/secrets/CRM", { body: { value: "long enough" } }),
  delivery_ended: async () => {
    const { id } = await api.producer.enqueue(ORDER);
    await send("DELETE", `/v1/deliveries/${id}`);
    return send("DELETE", `/v1/deliveries/${id}`);
  },
  task_unknown: () => send("GET", "/v1/tasks/none"),
  outcomes_invalid: () => send("GET", "/v1/outcomes?after=x"),
  metrics_invalid: () => send("GET", "/v1/metrics?from=2020-01-01T00:00:00Z"),
  outcomes_unknown: () => send("DELETE", "/v1/outcomes/groups/none"),
  outcomes_held: async () => {
    const reader = api.producer.outcomes({ group: "busy" });
    await reader.next();
    const answered = await send("GET", "/v1/outcomes?group=busy");
    await reader.return?.();
    return answered;
  },
  events_invalid: () => send("GET", "/v1/events?after=x"),
  events_unknown: () => send("DELETE", "/v1/events/groups/none"),
  events_held: async () => {
    const reader = api.producer.events({ group: "busy" });
    await reader.next();
    const answered = await send("GET", "/v1/events?group=busy");
    await reader.return?.();
    return answered;
  },
  subscription_invalid: () =>
    send("PUT", "/v1/subscriptions/Odd%20id", { body: { action: "a", events: ["run.completed"] } }),
  subscription_unknown: () => send("GET", "/v1/subscriptions/none"),
  request_malformed: () => send("POST", "/v1/deliveries", { body: "{" }),
  request_invalid: () => send("GET", "/v1/runs?limit=x"),
  body_too_large: () => send("POST", "/v1/deliveries", { body: "x".repeat(60_000) }),
  media_type_unsupported: () =>
    send("POST", "/v1/deliveries", { body: "a", headers: { "content-type": "text/plain" } }),
  unauthorized: () => api.request("GET", "/v1/runs"),
  forbidden: () => send("POST", "/v1/runs/over/close", { token: READER }),
  precondition_failed: () => send("PUT", "/v1/actions/a", { body: ACTION, headers: { "if-match": '"9"' } }),
  idempotency_key_invalid: () =>
    send("POST", "/v1/deliveries", { body: ORDER, headers: { "idempotency-key": "" } }),
  idempotency_mismatch: async () => {
    await send("POST", "/v1/deliveries", { body: ORDER, ...keyed });
    return send("POST", "/v1/deliveries", { body: [ORDER], ...keyed });
  },
  idempotency_withheld: async () => {
    const options = { body: { name: "x", scopes: ["read"] }, headers: { "idempotency-key": "made" } };
    await send("POST", "/v1/tokens", options);
    return send("POST", "/v1/tokens", options);
  },
  snippet_unknown: () => send("GET", "/v1/snippets/none"),
  token_unknown: () => send("DELETE", "/v1/tokens/none"),
  token_invalid: () =>
    send("POST", "/v1/tokens", { body: { name: "x", scopes: ["read"], expiresAt: "2020-01-01T00:00:00Z" } }),
  internal: async () => {
    const redis = openRedis(api.redisUrl);
    await redis.hset(storeKeys.action("broken"), "latest", "1", "1", "no JSON");
    redis.disconnect();
    return send("GET", "/v1/actions/broken");
  },
};

/** Met by tests of their own: here below, and in the tests of tokens and idempotency. */
const ELSEWHERE: readonly ErrorCode[] = [
  "redis_unavailable",
  "redis_full",
  "overloaded",
  "request_timeout",
  "rate_limited",
  "idempotency_under_way",
  // tests/outcomes, tests/delivery, tests/metrics
  "customers_not_indexed",
  "metrics_off",
  "delivery_under_way",
  "worker_unavailable",
  "tasks_full",
  "aborted",
];

test.each(Object.entries(MET))("%s", async (code, meet) => {
  const answered = await meet();

  expectProblem(answered, code);
  // A header has no pointer; its name stands in the text.
  if (code.endsWith("_invalid") && code !== "idempotency_key_invalid")
    expect(answered.json.problems).toContainEqual(
      expect.objectContaining({ pointer: expect.stringMatching(/^(?:\/|query |path )./) }),
    );
});

test("a field is said to be where the request has it: in its path, its query or its body", async () => {
  const pointerOf = async (asked: Promise<Answered>) => (await asked).json.problems[0]?.pointer;

  expect(await pointerOf(send("GET", "/v1/dead-letters?after=nowhere"))).toBe("query after");
  expect(await pointerOf(send("GET", "/v1/destinations/nowhere"))).toBe("path origin");
  expect(await pointerOf(send("PUT", "/v1/secrets/CRM", { body: { value: "x" } }))).toBe("/value");
});

test("no documented error is left out", () => {
  const documented = new Set(ROUTES.flatMap(errorsOf));

  expect([...documented].filter((code) => !(code in MET) && !ELSEWHERE.includes(code))).toEqual([]);
});

test("of a bug the caller gets the id under which the log holds its cause", async () => {
  const answered = (await MET.internal?.()) as Answered;

  expectProblem(answered, "internal");
  expect(answered.text).not.toMatch(/no JSON|SyntaxError/);
  const [line] = api.logged.filter(
    ({ requestId, level }) => requestId === answered.json.requestId && level === "error",
  );
  expect(String((line?.["err"] as Error | undefined)?.stack)).toMatch(/SyntaxError[\s\S]+at /);
});

test("Redis full and Redis gone are told at once, with when to come again", async () => {
  const server = await startRedisServer({ binary: redisBinary(), maxMemory: "32mb" });
  const running = await startApi({ POSTRIDER_REDIS_URL: server.url });
  await running.request("PUT", "/v1/actions/a", { body: ACTION });
  const redis = new Redis(server.url, { replyMapping: "legacy" });
  await redis.config("SET", "maxmemory", "1mb");
  redis.disconnect();

  const full = await eventually(async () => {
    const answered = await running.request("POST", "/v1/deliveries", { body: ORDER });
    expectProblem(answered, "redis_full");
    return answered;
  });
  expect([full.status, full.headers.get("retry-after")]).toEqual([503, "5"]);

  await server.stop();
  const gone = await eventually(async () => {
    const answered = await running.request("POST", "/v1/deliveries", { body: ORDER });
    expectProblem(answered, "redis_unavailable");
    return answered;
  });
  expect([gone.status, gone.headers.get("retry-after")]).toEqual([503, "1"]);
  expect((await running.request("GET", "/readyz")).status).toBe(503);
  expect((await running.request("GET", "/healthz")).status).toBe(200);
  await running[Symbol.asyncDispose]();
});

/** Sends the head of a request, and of its body what is given. */
function open(
  url: string,
  path: string,
  { body = "", length = 10 }: { body?: string; length?: number } = {},
): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
  );
  return socket;
}

async function readInFlight(running: RunningApi): Promise<string | undefined> {
  const { text: page } = await running.request("GET", "/metrics");
  return /^postrider_api_in_flight (\d+)$/m.exec(page)?.[1];
}

test("beyond its places the API answers 503 at once, and health all the same; who leaves frees a place", async () => {
  await using running = await startApi({ POSTRIDER_API_IN_FLIGHT_MAX: "2" });
  const slow = open(running.url, "/v1/deliveries", { body: "{" });
  await eventually(async () => expect(await readInFlight(running)).toBe("2"));
  const other = open(running.url, "/v1/deliveries");
  const answered = await eventually(async () => {
    const refused = await running.request("GET", "/v1/runs");
    expectProblem(refused, "overloaded");
    return refused;
  });

  expect(answered.headers.get("retry-after")).toBe("1");
  expect((await running.request("GET", "/healthz")).status).toBe(200);
  slow.destroy();
  other.destroy();
  await eventually(async () => expect((await running.request("GET", "/v1/runs")).status).toBe(200));
  await eventually(() =>
    expect(running.logged).toContainEqual(expect.objectContaining({ route: "/v1/deliveries", status: 499 })),
  );
});

test("a body that does not come in time is not waited for", async () => {
  await using running = await startApi({ POSTRIDER_API_BODY_MS: "200" });
  const answer = await text(open(running.url, "/v1/deliveries", { body: "{" }));

  expect(answer).toMatch(/^HTTP\/1\.1 408 .*\r\n[\s\S]*connection: close/i);
  expect(answer).toContain('"code":"request_timeout"');
});

test("a request that takes long is not taken for a body that does", async () => {
  await using running = await startApi({ POSTRIDER_API_BODY_MS: "100" });
  await running.request("PUT", "/v1/actions/a", { body: ACTION });
  await running.producer.enqueueMany({ action: "a", run: "r", customers: [{ id: 1 }], hold: true });

  // Resolves when every worker knows, after some two seconds.
  const answered = await running.request("POST", "/v1/runs/r/cancel", { body: {} });
  expect(answered.json).toMatchObject({ run: "r", state: "cancelled" });
});

test("a body of unknown length is bounded all the same", async () => {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /v1/deliveries HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
  );
  socket.write(`${(60_000).toString(16)}\r\n${"x".repeat(60_000)}\r\n`);

  expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"body_too_large"/);
});

test("what is in flight is answered before the API ends", async () => {
  const running = await startApi();
  await running.producer.actions.apply({ id: "a", ...ACTION });
  const body = JSON.stringify(ORDER);
  const socket = open(running.url, "/v1/deliveries", { body: body.slice(0, 5), length: body.length });
  await eventually(async () => expect(await readInFlight(running)).toBe("2"));

  const closed = running[Symbol.asyncDispose]();
  socket.write(body.slice(5));
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 202 [\s\S]*connection: close/i);
  await closed;
});
