import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startPostrider } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const COUNT = 20_000;

test("a producer killed half-way and run again with the same run sends each customer exactly once", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver();
  const lines = customers(COUNT).map((customer) => `${JSON.stringify(customer)}\n`);
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  const environment = { POSTRIDER_REDIS_URL: redisUrl, POSTRIDER_METRICS_PORT: "0" };
  const enqueue = ["enqueue", "a", "--customers", "-", "--run", "r", "--json"];
  await using _worker = startPostrider(["worker", "--lanes", "bulk"], environment);

  // Half of the file is there when the producer is killed, however fast it is.
  await using first = startPostrider(enqueue, environment);
  first.write(lines.slice(0, COUNT / 2).join(""));
  await eventually(async () => expect((await producer.runs.get("r")).enqueued).toBeGreaterThan(3_000));
  first.kill("SIGKILL");
  await first.exited;
  const taken = (await producer.runs.get("r")).enqueued;
  expect(taken).toBeLessThan(COUNT);

  await using second = startPostrider(enqueue, environment);
  second.write(lines.join(""));
  second.endInput();
  expect(await second.exited).toEqual({ code: 0, signal: null });
  const summary = JSON.parse(second.stdout.trim());
  await eventually(async () =>
    expect(await producer.runs.get("r")).toMatchObject({ waiting: 0, inFlight: 0 }),
  );

  // What was in Redis' hands at the kill may have been taken in after we looked.
  expect(summary).toMatchObject({ run: "r", rejected: 0 });
  expect(summary.enqueued + summary.duplicates).toBe(COUNT);
  expect(summary.duplicates).toBeGreaterThanOrEqual(taken);
  expect(await producer.runs.get("r")).toMatchObject({ enqueued: COUNT, delivered: COUNT });
  expect(receiver.requests).toHaveLength(COUNT);
  expect(new Set(receiver.requests.map(({ body }) => JSON.parse(body).id)).size).toBe(COUNT);
  await producer.close();
});
