import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SHORT_CLAIMS, startFleet } from "../support/fleet.ts";
import { hang, ok, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const CONCURRENCY = 10;

test("what a killed worker had claimed from a lane that was paused meanwhile waits there, and is counted so", async () => {
  const redisUrl = await isolatedRedisUrl();
  let isSlow = true;
  await using receiver = await startReceiver(() => (isSlow ? hang() : ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    limits: { ratePerSecond: 1_000 },
    timeoutMs: 60_000,
  });
  await using fleet = startFleet(redisUrl, 1, {
    ...SHORT_CLAIMS,
    POSTRIDER_CONCURRENCY: String(CONCURRENCY),
  });
  await fleet.untilServing();
  const [victim] = fleet.running;
  await producer.enqueueMany({ action: "a", customers: customers(50), run: "r" });
  await eventually(() => expect(receiver.requests).toHaveLength(CONCURRENCY));
  await producer.destinations.pause(receiver.url);
  victim?.kill("SIGKILL");
  await victim?.exited;
  fleet.start();

  await eventually(async () =>
    expect(await producer.destinations.show(receiver.url)).toMatchObject({
      isPaused: true,
      inFlight: 0,
      waiting: 50,
    }),
  );
  expect(await producer.runs.get("r")).toMatchObject({ inFlight: 0, waiting: 50 });
  expect(receiver.requests).toHaveLength(CONCURRENCY);

  isSlow = false;
  await producer.destinations.resume(receiver.url);
  await eventually(async () => expect(await producer.runs.get("r")).toMatchObject({ delivered: 50 }));
  await producer.close();
});
