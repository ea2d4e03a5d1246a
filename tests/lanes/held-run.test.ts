import { createProducer } from "@postrider/producer/producer";
import { toDeliveryId } from "@postrider/shared/delivery";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet, untilOver } from "../support/fleet.ts";
import { startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

test("a held run sends nothing until one delivery, and then all the others, are released", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver();
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(redisUrl, 2);
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(1_500), run: "r", hold: true });
  await producer.enqueueMany({ action: "a", customers: customers(50), run: "other" });
  await untilOver(producer, "other");
  expect(await producer.runs.get("r")).toMatchObject({ state: "held", waiting: 1_500, inFlight: 0 });

  const one = toDeliveryId({ run: "r", customerId: "c1234" });
  await producer.runs.release("r", one);
  await eventually(async () =>
    expect(await producer.outcomes.get(one)).toMatchObject({ outcome: "delivered" }),
  );
  await expect(producer.runs.release("r", one)).rejects.toMatchObject({ code: "delivery_unknown" });
  expect(await producer.runs.get("r")).toMatchObject({ state: "held", waiting: 1_499, delivered: 1 });

  await producer.runs.release("r");
  expect(await untilOver(producer, "r")).toMatchObject({ enqueued: 1_500, delivered: 1_500 });
  expect(receiver.requests).toHaveLength(1_550);
  await producer.close();
});
