import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { SHORT_CLAIMS, startFleet, untilOver } from "../support/fleet.ts";
import { ok, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

test("attempts that take several times as long as a claim holds are made once", async () => {
  const redisUrl = await isolatedRedisUrl();
  const lockMs = Number(SHORT_CLAIMS.POSTRIDER_LOCK_MS);
  await using receiver = await startReceiver(() => slow(2.5 * lockMs, ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    timeoutMs: 10 * lockMs,
  });
  await using fleet = startFleet(redisUrl, 2, SHORT_CLAIMS);
  await fleet.untilServing();

  await producer.enqueueMany({ action: "a", customers: customers(50), run: "r" });

  expect(await untilOver(producer, "r")).toMatchObject({ delivered: 50, failed: 0, retries: 0 });
  expect(receiver.requests).toHaveLength(50);
  await producer.close();
});
