import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SHORT_CLAIMS } from "../support/fleet.ts";
import { closedPort } from "../support/network.ts";
import { startPostrider } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { customers } from "../support/system.ts";

/** So many that Redis is gone before they are all taken in, however slow the machine. */
const CUSTOMERS = 100_000;

test("Redis killed under load and started again: nothing acknowledged is lost, and workers go on by themselves", async () => {
  const directory = await mkdtemp(join(tmpdir(), "postrider-test-redis-"));
  const binary = redisBinary();
  const first = await startRedisServer({
    binary,
    directory,
    port: await closedPort(),
    appendFsync: "always",
  });
  await using receiver = await startReceiver();
  const environment = {
    POSTRIDER_REDIS_URL: first.url,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_LANES: "bulk",
    ...SHORT_CLAIMS,
  };
  const producer = await createProducer({ redis: first.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using worker = startPostrider(["worker"], environment);

  let isKilled = (): void => undefined;
  const killed = new Promise<void>((resolve) => {
    isKilled = resolve;
  });
  // The producer always has half of them still to enqueue, however soon the worker has sent the first ones.
  async function* inTwoHalves() {
    yield* customers(CUSTOMERS / 2);
    await killed;
    yield* customers(CUSTOMERS).slice(CUSTOMERS / 2);
  }
  let acknowledged = 0;
  const enqueueing = producer.enqueueMany({
    action: "a",
    customers: inTwoHalves(),
    run: "r",
    onProgress: ({ enqueued }) => (acknowledged = enqueued),
  });
  const failed = enqueueing.then(
    () => null,
    (error: unknown) => error,
  );
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(1_000));
  await first.kill();
  isKilled();

  expect(await failed).toMatchObject({ code: "redis_unavailable" });
  await expect(producer.enqueue({ action: "a", customer: { id: 1 } })).rejects.toMatchObject({
    code: "redis_unavailable",
  });
  const second = await startRedisServer({
    binary,
    directory,
    appendFsync: "always",
    port: first.port,
  });
  await eventually(async () => {
    const { enqueued, waiting, inFlight } = await producer.runs.get("r");
    expect(enqueued).toBeGreaterThanOrEqual(acknowledged);
    expect({ waiting, inFlight }).toEqual({ waiting: 0, inFlight: 0 });
  });

  const run = await producer.runs.get("r");
  expect(run.delivered).toBe(run.enqueued);
  expect(receiver.byKey().size).toBe(run.enqueued);
  expect(
    (await producer.enqueueMany({ action: "a", customers: customers(CUSTOMERS), run: "r" })).enqueued,
  ).toBe(CUSTOMERS - run.enqueued);
  worker.kill("SIGTERM");
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  await producer.close();
  await second.stop();
  await rm(directory, { recursive: true });
});
