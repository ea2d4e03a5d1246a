// Traces are off unless somebody asks for them, a collector that is away holds up nobody, and whoever embeds
// a producer beside an OpenTelemetry of their own sees it there.

import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { request } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { LOOPBACK } from "../support/network.ts";
import { type StartedProcess, startProcess } from "../support/processes.ts";
import { hang, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { dumpRedis } from "../support/redis-dump.ts";

/** Starts a role that tells at its end what of the SDK it has loaded. */
function start(role: "api" | "worker", environment: Record<string, string>): StartedProcess {
  const preload = "./tests/support/loaded-modules.mjs";
  return startProcess(process.execPath, ["--import", preload, "packages/cli/bin/postrider.js", role], {
    ...{
      ...LOOPBACK,
      POSTRIDER_METRICS_HOST: "127.0.0.1",
      POSTRIDER_METRICS_PORT: "0",
      POSTRIDER_API_PORT: "0",
    },
    ...environment,
  });
}

async function stop(started: StartedProcess): Promise<number> {
  started.kill("SIGTERM");
  expect(await started.exited).toEqual({ code: 0, signal: null });
  const [, count] = await started.waitForOutput(/OpenTelemetry modules: (\d+)/);
  return Number(count);
}

test("off, nothing of the SDK is loaded, nothing is added to deliveries, and a sender's trace changes nothing", async () => {
  const environment = { POSTRIDER_REDIS_URL: await isolatedRedisUrl() };
  await using receiver = await startReceiver();
  await using api = start("api", environment);
  await using worker = start("worker", environment);
  const [, url = ""] = await api.waitForOutput(/"address":"([^"]+)"/);
  const call = async (method: string, path: string, body: unknown) =>
    expect(
      (await request(url, method, path, { body, headers: { traceparent: TRACEPARENT } })).status,
    ).toBeLessThan(300);
  await call("PUT", "/v1/actions/a", { id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await call("POST", "/v1/deliveries", { action: "a", customer: { id: "now" } });
  await call("POST", "/v1/deliveries", {
    ...{ action: "a", customer: { id: "later" } },
    sendAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  await eventually(() => expect(receiver.requests).toHaveLength(1));

  expect(receiver.requests[0]?.headers).not.toHaveProperty("traceparent");
  const stored = await dumpRedis(environment.POSTRIDER_REDIS_URL);
  expect(stored).toContain("later");
  expect(stored).not.toMatch(/"trace\b|\\"trace\b/);
  await worker.waitForOutput(/"attempt"/);
  expect(worker.stdout).not.toContain("traceId");
  expect(await Promise.all([stop(api), stop(worker)])).toEqual([0, 0]);
});

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

test("a collector that never answers loses spans, which is said once, and holds up neither deliveries nor the end", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver();
  await using collector = await startReceiver(() => hang());
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await producer.enqueue({ action: "a", customer: { id: 1 } });
  await using worker = start("worker", {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_TRACES_ENDPOINT: collector.url,
    POSTRIDER_TRACES_RATIO: "1",
  });
  await eventually(() => expect(collector.requests).toHaveLength(1));
  await producer.enqueue({ action: "a", customer: { id: 2 } });
  await eventually(() => expect(receiver.requests).toHaveLength(2));
  await producer.close();

  // The exporter itself would go on for ten seconds.
  expect(await stop(worker)).toBeGreaterThan(0);
  expect(worker.stdout.match(/spans are dropped/g)).toHaveLength(1);
});

test("beside an OpenTelemetry of one's own, enqueueing has spans there, and deliveries link to them", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const redisUrl = await isolatedRedisUrl();
  const producer = await createProducer({ redis: redisUrl });
  try {
    await producer.actions.apply({ id: "a", url: "https://api.example.com/x", body: "{{ customer }}" });
    const own = provider.getTracer("shop").startSpan("order");
    await context.with(trace.setSpan(ROOT_CONTEXT, own), async () => {
      await producer.enqueue({ action: "a", customer: { id: "one" } });
      await producer.enqueueAll([
        { action: "a", customer: { id: "two" } },
        { action: "a", customer: { id: "three" }, traceparent: TRACEPARENT },
      ]);
      await producer.enqueueMany({ action: "a", customers: [{ id: "four" }], run: "r" });
      await expect(producer.enqueue({ action: "none", customer: { id: "five" } })).rejects.toThrow();
      await expect(
        producer.enqueue({ action: "a", customer: { id: "six" }, traceparent: "00-1-2-01" }),
      ).rejects.toThrow(/traceparent: must be a traceparent/);
    });
    const spans = exporter.getFinishedSpans();

    expect(spans.map(({ name, status }) => [name, status.code])).toEqual([
      ["enqueue transactional", 0],
      ["enqueue transactional", 0],
      ["enqueue bulk", 0],
      ["enqueue transactional", 2],
    ]);
    for (const { parentSpanContext } of spans)
      expect(parentSpanContext?.spanId).toBe(own.spanContext().spanId);
    expect(spans[3]?.attributes["error.type"]).toBe("action_unknown");
    const stored = await dumpRedis(redisUrl);
    const idsOf = (index: number) => spans[index]?.spanContext().spanId;
    for (const [customer, spanId] of [
      ["one", idsOf(0)],
      ["two", idsOf(1)],
      ["three", "00f067aa0ba902b7"],
      ["four", idsOf(2)],
    ])
      expect(stored).toMatch(
        new RegExp(
          `(?:${spanId}-01[^{}]*\\{[^{}]*${customer}\\W)|(?:${customer}\\W[^{}]*\\}[^{}]*${spanId}-01)`,
        ),
      );
  } finally {
    trace.disable();
    context.disable();
    await producer.close();
  }
});
