import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { createGate } from "../support/gate.ts";
import { startPostrider } from "../support/processes.ts";
import { hang, ok, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl, redisBinary } from "../support/redis.ts";
import { customers } from "../support/system.ts";

test("SIGTERM: nothing more is claimed, what is in flight ends, exit 0", async () => {
  const redisUrl = await isolatedRedisUrl();
  const gate = createGate();
  await using receiver = await startReceiver(() => gate.behind(slow(800, ok())));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await producer.enqueueMany({ action: "a", customers: customers(100), run: "r" });
  await using worker = startPostrider(["worker"], {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_CONCURRENCY: "20",
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_SHUTDOWN_GRACE_MS: "60000",
  });
  await eventually(() => expect(receiver.requests).toHaveLength(20));

  worker.kill("SIGTERM");
  gate.open();

  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(receiver.requests).toHaveLength(20);
  expect(await producer.runs.get("r")).toMatchObject({ delivered: 20, waiting: 80, inFlight: 0 });
  await producer.close();
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s with answers that never come: handed back after the grace period, no attempt spent, exit 0",
  async (signal) => {
    const redisUrl = await isolatedRedisUrl();
    let isHanging = true;
    await using receiver = await startReceiver(() => (isHanging ? hang() : ok()));
    const producer = await createProducer({ redis: redisUrl });
    await producer.actions.apply({
      id: "a",
      url: `${receiver.url}/x`,
      body: "{{ customer }}",
      retry: { attempts: 1 },
    });
    await producer.enqueueMany({ action: "a", customers: customers(5), run: "r" });
    const environment = {
      POSTRIDER_REDIS_URL: redisUrl,
      POSTRIDER_METRICS_PORT: "0",
      POSTRIDER_SHUTDOWN_GRACE_MS: "300",
    };
    await using worker = startPostrider(["worker"], environment);
    await eventually(() => expect(receiver.requests).toHaveLength(5));

    worker.kill(signal);
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(await producer.runs.get("r")).toMatchObject({ waiting: 5, inFlight: 0, failed: 0, retries: 0 });

    isHanging = false;
    await using _next = startPostrider(["worker"], environment);
    await eventually(async () => expect(await producer.runs.get("r")).toMatchObject({ delivered: 5 }));
    await producer.close();
  },
);

test("SIGTERM with a thousand in flight: nothing more is claimed, the slow ones end, the hanging ones are handed back", async () => {
  const redisUrl = await isolatedRedisUrl();
  let isHanging = true;
  const gate = createGate();
  const isOdd = (body: string): boolean => /"c\d*[13579]"/.test(body);
  await using receiver = await startReceiver(({ body }) =>
    isHanging && isOdd(body) ? hang() : gate.behind(ok()),
  );
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    timeoutMs: 60_000,
  });
  // All in the shared lane: a second run of a thousand has its own first thousand there.
  await producer.enqueueMany({ action: "a", customers: customers(1_000), run: "r" });
  await producer.enqueueMany({ action: "a", customers: customers(1_000), run: "next" });
  const environment = {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_LANES: "bulk",
    POSTRIDER_CONCURRENCY: "1000",
    POSTRIDER_CONNECTIONS_PER_DESTINATION: "1000",
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_LOG_LEVEL: "warn",
    POSTRIDER_SHUTDOWN_GRACE_MS: "20000",
  };
  await using worker = startPostrider(["worker"], environment);
  await eventually(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(1_000));

  worker.kill("SIGTERM");
  gate.open();
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  const sent = receiver.requests.length;
  const [one, two] = [await producer.runs.get("r"), await producer.runs.get("next")];
  expect(one.delivered + two.delivered + one.waiting + two.waiting).toBe(2_000);
  expect(one).toMatchObject({ inFlight: 0, failed: 0, retries: 0 });
  // Each that was sent and not answered went back; no other one was touched.
  expect(one.delivered + two.delivered).toBeGreaterThanOrEqual(500);
  const hanging = receiver.requests.filter(({ body }) => isOdd(body)).length;
  expect(sent - one.delivered - two.delivered).toBeLessThanOrEqual(hanging + 100);

  isHanging = false;
  await using _next = startPostrider(["worker"], environment);
  for (const run of ["r", "next"])
    await eventually(async () => expect((await producer.runs.get(run)).delivered, run).toBe(1_000));
  const times = [...receiver.byKey().values()];
  expect(times).toHaveLength(2_000);
  // Nothing that was answered is sent again.
  expect(receiver.requests.length).toBe(2_000 + sent - one.delivered - two.delivered);
  await producer.close();
});

test.each([
  ["idle", 0],
  ["with answers that never come", 5],
])("SIGTERM while Redis is away, %s: ends soon after the grace period, exit 0", async (_, count) => {
  const server = await startRedisServer({ binary: redisBinary() });
  await using receiver = await startReceiver(() => hang());
  const producer = await createProducer({ redis: server.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await producer.enqueueMany({ action: "a", customers: customers(count), run: "r" });
  await using worker = startPostrider(["worker"], {
    POSTRIDER_REDIS_URL: server.url,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_SHUTDOWN_GRACE_MS: "500",
  });
  const [, port] = await worker.waitForOutput(/"metricsPort":(\d+)/);
  await eventually(() => expect(receiver.requests).toHaveLength(count));
  const readMetrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await eventually(async () =>
    expect(await readMetrics()).toContain('postrider_lane_waiting{lane="bulk"} 0'),
  );
  await server.kill();
  expect(await readMetrics()).not.toMatch(/^postrider_lane_(waiting|oldest_age_seconds)\{/m);
  await producer.close();

  worker.kill("SIGTERM");

  expect(await worker.exited).toEqual({ code: 0, signal: null });
});
