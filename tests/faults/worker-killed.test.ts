import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SHORT_CLAIMS } from "../support/fleet.ts";
import { startPostrider } from "../support/processes.ts";
import { ok, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const CONCURRENCY = 50;

test("a worker killed in the middle of 5,000 deliveries loses none; doubles are at most what it had in flight", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver(() => slow(5, ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await producer.enqueueMany({ action: "a", customers: customers(5_000), run: "r" });
  const environment = {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_LANES: "bulk",
    POSTRIDER_CONCURRENCY: String(CONCURRENCY),
    POSTRIDER_METRICS_PORT: "0",
    ...SHORT_CLAIMS,
  };
  await using victim = startPostrider(["worker"], environment);
  await using _other = startPostrider(["worker"], environment);

  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(1_500));
  victim.kill("SIGKILL");
  await victim.exited;
  await using _replacement = startPostrider(["worker"], environment);
  await eventually(async () =>
    expect(await producer.runs.get("r")).toMatchObject({ waiting: 0, inFlight: 0 }),
  );

  expect(await producer.runs.get("r")).toMatchObject({
    enqueued: 5_000,
    delivered: 5_000,
    failed: 0,
    expired: 0,
  });
  const byKey = [...receiver.byKey().values()];
  expect(byKey).toHaveLength(5_000);
  const doubles = byKey.filter((requests) => requests.length > 1);
  // In the shared lane and in the run's own.
  expect(doubles.length).toBeLessThanOrEqual(2 * CONCURRENCY);
  // The kill came under load, so the test would notice a system that hides its doubles by losing them.
  expect(doubles.every((requests) => requests.length === 2 && requests[0]?.body === requests[1]?.body)).toBe(
    true,
  );
  await producer.close();
});
