import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedisServer } from "@postrider/cli/redis/server";
import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startPostrider } from "../support/processes.ts";
import { hang, ok, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl, redisBinary } from "../support/redis.ts";
import { customers } from "../support/system.ts";

test("SIGTERM: nothing more is claimed, what is in flight ends, exit 0", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver(() => slow(800, ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await producer.enqueueMany({ action: "a", customers: customers(100), run: "r" });
  await using worker = startPostrider(["worker"], {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_CONCURRENCY: "20",
    POSTRIDER_METRICS_PORT: "0",
  });
  await eventually(() => expect(receiver.requests).toHaveLength(20));

  worker.kill("SIGTERM");

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
  const isOdd = (body: string): boolean => /"c\d*[13579]"/.test(body);
  await using receiver = await startReceiver(({ body }) =>
    isHanging && isOdd(body) ? hang() : slow(3_000, ok()),
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
    POSTRIDER_SHUTDOWN_GRACE_MS: "8000",
  };
  await using worker = startPostrider(["worker"], environment);
  await eventually(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(1_000), 60_000);

  worker.kill("SIGTERM");
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  const sent = receiver.requests.length;
  const [one, two] = [await producer.runs.get("r"), await producer.runs.get("next")];
  expect(one.delivered + two.delivered + one.waiting + two.waiting).toBe(2_000);
  expect(one).toMatchObject({ inFlight: 0, failed: 0, retries: 0 });
  // Each that was sent and not answered went back; no other one was touched.
  expect(one.delivered + two.delivered).toBeGreaterThanOrEqual(500);
  expect(sent - one.delivered - two.delivered).toBeLessThanOrEqual(600);

  isHanging = false;
  await using _next = startPostrider(["worker"], environment);
  await eventually(async () => expect((await producer.runs.get("next")).delivered).toBe(1_000), 60_000);
  const times = [...receiver.byKey().values()];
  expect(times).toHaveLength(2_000);
  // Nothing that was answered is sent again.
  expect(receiver.requests.length).toBe(2_000 + sent - one.delivered - two.delivered);
  await producer.close();
}, 180_000);

test("SIGTERM while Redis is away: the worker ends all the same, and its delivery is taken up when Redis is back", async () => {
  const directory = await mkdtemp(join(tmpdir(), "postrider-test-redis-"));
  const server = { binary: redisBinary(), directory, appendFsync: "always" } as const;
  const first = await startRedisServer(server);
  let isHanging = true;
  await using receiver = await startReceiver(() => (isHanging ? hang() : ok()));
  const producer = await createProducer({ redis: first.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  const environment = {
    POSTRIDER_REDIS_URL: first.url,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_SHUTDOWN_GRACE_MS: "500",
    POSTRIDER_LOCK_MS: "2000",
    POSTRIDER_STALLED_CHECK_MS: "500",
  };
  await using worker = startPostrider(["worker"], environment);
  await producer.enqueueMany({ action: "a", customers: customers(3), run: "r" });
  await eventually(() => expect(receiver.requests).toHaveLength(3), 60_000);

  await first.kill();
  worker.kill("SIGTERM");
  expect(await worker.exited).toEqual({ code: 0, signal: null });

  isHanging = false;
  const second = await startRedisServer({ ...server, port: first.port });
  await using _next = startPostrider(["worker"], environment);
  await eventually(
    async () => expect(await producer.runs.get("r")).toMatchObject({ delivered: 3, failed: 0 }),
    60_000,
  );
  await producer.close();
  await second.stop();
  await rm(directory, { recursive: true });
}, 300_000);
