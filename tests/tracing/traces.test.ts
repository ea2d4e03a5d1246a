// Traces from the API's request to the last attempt, over several processes, as a collector gets them.

import * as conventions from "@opentelemetry/semantic-conventions/incubating";
import { expect, test } from "vitest";
import { request } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../support/otlp-receiver.ts";
import { type StartedProcess, startPostrider } from "../support/processes.ts";
import { ok, type Receiver, reply, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { newKey } from "../support/secret-keys.ts";
import { SOON } from "../support/system.ts";

/** What must be in no trace: a word for each place where data or secrets lie. */
const LEAKS = {
  id: "leak-id",
  name: "leak-name",
  event: "leak-event",
  key: "leak-key",
  label: "leak-label",
  userName: "leak-user",
  password: "leak-password",
  path: "leak-path",
  query: "leak-query",
  header: "leak-header",
  secret: "leak-secret",
  body: "leak-body",
  answer: "leak-answer",
};

/** Another system's trace, in which a request to the API stands. */
const SENDER = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const TRACEPARENT = `00-${SENDER.traceId}-${SENDER.spanId}-01`;
const OWN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("a delivery is one trace over all its attempts and processes, links to what enqueued it, and tells no data", async () => {
  await using world = await startWorld();
  const { collector, receiver, call, startWorker } = world;
  await call("PUT", "/v1/secrets/token", { value: LEAKS.secret });
  await call("PUT", "/v1/actions/flaky", {
    id: "flaky",
    url: `${receiver.url.replace("//", `//${LEAKS.userName}:${LEAKS.password}@`)}/${LEAKS.path}/{{ customer.id }}?q=${LEAKS.query}`,
    headers: [
      { name: "X-Leak", value: LEAKS.header },
      { name: "X-Token", value: "{{ secrets.token }}" },
    ],
    secrets: ["token"],
    body: `{"text": "${LEAKS.body}", "customer": {{ customer }}, "event": {{ event }}}`,
    retry: { ...SOON, baseMs: 1_000, maxMs: 1_000 },
  });
  await using first = startWorker();
  const order = {
    action: "flaky",
    customer: { id: LEAKS.id, name: LEAKS.name },
    event: { text: LEAKS.event },
    key: LEAKS.key,
    labels: [LEAKS.label],
  };
  await call("POST", "/v1/deliveries", order, { traceparent: TRACEPARENT });
  await eventually(() => expect(receiver.requests).toHaveLength(1));
  first.kill("SIGTERM");
  await first.exited;
  await using second = startWorker();
  const [root] = await collector.until("deliver flaky", 1);
  const claims = await collector.until("claim transactional", 2);

  const [server, enqueue] = ["POST /v1/deliveries", "enqueue transactional"].map((name) =>
    collector.spans.find((span) => span.name === name),
  );
  expect(server).toMatchObject({ service: "postrider-api", kind: "SERVER", traceId: SENDER.traceId });
  expect(server?.parentSpanId).toBe(SENDER.spanId);
  expect(server?.attributes).toMatchObject({
    "http.route": "/v1/deliveries",
    "http.response.status_code": 202,
  });
  expect(enqueue).toMatchObject({ kind: "PRODUCER", traceId: SENDER.traceId, parentSpanId: server?.spanId });

  const link = { traceId: SENDER.traceId, spanId: enqueue?.spanId };
  expect(root).toMatchObject({
    service: "postrider-worker",
    parentSpanId: "",
    links: [link],
    isError: false,
  });
  expect(root?.attributes).toMatchObject({
    ...{ "postrider.outcome": "delivered", "postrider.attempts": 2, "http.response.status_code": 200 },
    "postrider.delivery.id": enqueue?.attributes["messaging.message.id"],
  });
  expect(new Set(claims.map((claim) => claim.instance)).size).toBe(2);
  for (const claim of claims)
    expect(claim).toMatchObject({ traceId: root?.traceId, parentSpanId: root?.spanId, links: [link] });
  expect(claims.map(({ attributes, isError }) => [attributes["postrider.verdict"], isError])).toEqual([
    ["retry", true],
    ["delivered", false],
  ]);
  for (const claim of claims) expectSteps(claim, collector.spans);

  // What the receiver was told is the very span of its request, in the same trace.
  const sent = collector.spans.filter(({ kind }) => kind === "CLIENT");
  expect(receiver.requests.map(({ headers }) => headers["traceparent"])).toEqual(
    sent.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`),
  );
  expect(sent.map(({ attributes }) => attributes["http.response.status_code"])).toEqual([500, 200]);
  expect(sent[1]?.attributes).toMatchObject({
    "http.request.resend_count": 1,
    "server.address": "127.0.0.1",
  });

  await expectExemplar(second, root?.traceId);
  await expectRun(world);
  expect(second.stdout).toContain(`"traceId":"${root?.traceId}"`);
  expectConventional(collector.spans);
  for (const [place, word] of Object.entries(LEAKS)) expect(collector.bytes(), place).not.toContain(word);
});

/** A run of three, and one that cannot be composed. */
async function expectRun({ collector, receiver, call }: World): Promise<void> {
  await call("PUT", "/v1/actions/own", {
    id: "own",
    url: `${receiver.url}/own`,
    headers: [{ name: "TraceParent", value: OWN }],
    body: "{{ customer.id }}",
  });
  await call("PUT", "/v1/actions/strict", {
    id: "strict",
    url: `${receiver.url}/strict`,
    body: "{{ customer.absent }}",
  });
  const lines = ["a", "b", "c"].map((id) => `{"id":"${id}"}\n`).join("");
  await call("POST", "/v1/actions/own/deliveries?run=r", lines, { "content-type": "application/x-ndjson" });
  await call("POST", "/v1/deliveries", { action: "strict", customer: { id: LEAKS.id } });
  const roots = await collector.until("deliver own", 3);
  const [failed] = await collector.until("deliver strict", 1);
  const [enqueue] = await collector.until("enqueue bulk", 1);

  expect(new Set(roots.map((root) => root.traceId)).size).toBe(3);
  for (const { traceId, links } of roots) {
    expect(traceId).not.toBe(enqueue?.traceId);
    expect(links).toEqual([{ traceId: enqueue?.traceId, spanId: enqueue?.spanId }]);
  }
  expect(enqueue?.attributes).toMatchObject({ "messaging.batch.message_count": 3, "postrider.run": "r" });
  const ofRun = receiver.requests.filter(({ path }) => path === "/own");
  expect(ofRun).toHaveLength(3);
  for (const { rawHeaders } of ofRun)
    expect(rawHeaders.filter((_, index) => /^trace/i.test(rawHeaders[index - 1] ?? ""))).toEqual([OWN]);

  // Nothing was sent: the step that ended it is told, and no request.
  expect(failed).toMatchObject({ isError: true, attributes: { "postrider.outcome": "failed" } });
  const steps = collector.spans.filter(({ traceId }) => traceId === failed?.traceId).map(({ name }) => name);
  expect(steps).toEqual(expect.arrayContaining(["compose", "record", "claim transactional"]));
  expect(steps).not.toContain("POST");
}

interface World {
  readonly collector: OtlpReceiver;
  readonly receiver: Receiver;
  call(method: string, path: string, body: unknown, headers?: Record<string, string>): Promise<void>;
  startWorker(): StartedProcess;
  [Symbol.asyncDispose](): Promise<void>;
}

/** An API of its own process, a receiver that refuses the first request of each delivery of `flaky`. */
async function startWorld(): Promise<World> {
  const collector = await startOtlpReceiver();
  const receiver = await startReceiver(({ path }, { nth }) =>
    nth === 1 && path.includes(LEAKS.path) ? reply(500, {}, LEAKS.answer) : ok(LEAKS.answer),
  );
  const environment = {
    POSTRIDER_REDIS_URL: await isolatedRedisUrl(),
    POSTRIDER_SECRET_KEYS: newKey("k1"),
    POSTRIDER_TRACES_ENDPOINT: collector.url,
    POSTRIDER_TRACES_RATIO: "1",
    POSTRIDER_TRACES_PROPAGATE: "true",
    POSTRIDER_METRICS_HOST: "127.0.0.1",
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_API_PORT: "0",
  };
  const api = startPostrider(["api"], environment);
  const [, url = ""] = await api.waitForOutput(/"address":"([^"]+)"/);
  return {
    collector,
    receiver,
    async call(method, path, body, headers = {}) {
      const { status, text } = await request(url, method, path, { body, headers });
      expect(status, text).toBeLessThan(300);
    },
    startWorker: () => startPostrider(["worker"], environment),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await receiver.close();
      await collector.close();
    },
  };
}

/** Compose, the request and the record lie within a claim, one after the other. */
function expectSteps(claim: ReceivedSpan, spans: readonly ReceivedSpan[]): void {
  const within = spans.filter(({ parentSpanId }) => parentSpanId === claim.spanId);
  const [compose, sent, record] = ["compose", "POST", "record"].map((name) => {
    const [found] = within.filter((span) => span.name === name);
    if (found === undefined) throw new Error(`no ${name} in ${within.map((span) => span.name).join(", ")}`);
    return found;
  });
  for (const { traceId, startMs, endMs } of within) {
    expect(traceId).toBe(claim.traceId);
    expect(startMs).toBeGreaterThanOrEqual(claim.startMs);
    expect(endMs).toBeLessThanOrEqual(claim.endMs);
  }
  expect(sent?.startMs).toBeGreaterThanOrEqual(compose?.endMs ?? 0);
  expect(record?.startMs).toBeGreaterThanOrEqual(sent?.endMs ?? 0);
}

/** All names that are not ours are OpenTelemetry's. */
function expectConventional(spans: readonly ReceivedSpan[]): void {
  const known = new Set<unknown>(Object.values(conventions).filter((name) => typeof name === "string"));
  for (const { attributes } of spans)
    for (const name of Object.keys(attributes))
      expect(name.startsWith("postrider.") || known.has(name), name).toBe(true);
}

/** A worker's page is OpenMetrics, its times name the trace, and its counters count what they are told. */
async function expectExemplar(worker: StartedProcess, traceId: string | undefined): Promise<void> {
  const [, port] = await worker.waitForOutput(/"metricsPort":(\d+)/);
  const page = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await page.text();
  expect(page.headers.get("content-type")).toMatch(/^application\/openmetrics-text/);
  for (const name of ["attempt_duration", "delivery_latency"])
    expect(text).toMatch(new RegExp(`^postrider_${name}_seconds_bucket.* # {trace_id="${traceId}"} `, "m"));
  expect(text).toMatch(/^postrider_deliveries_total{lane="transactional",outcome="delivered",[^}]*} 1$/m);
  expect(text).toMatch(/^postrider_attempts_total{status_class="2xx",fault=""} 1$/m);
  expect(text).not.toMatch(/^postrider_(?:deliveries|attempts|retries)_total /m);
  expect(text).toMatch(/^postrider_spans_dropped_total 0$/m);
}
