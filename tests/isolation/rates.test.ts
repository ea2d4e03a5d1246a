import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { limitTo, meanPerSecond, mostInASecond } from "../scenarios/rates.ts";
import { eventually } from "../support/eventually.ts";
import { startFleet, untilOver } from "../support/fleet.ts";
import { startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

// 19 is the hardest: the largest share of a window that is lost between its end and the next claim.
test.each([50, 19])(
  "a configured rate of %i a second is kept by three workers together, within any second",
  async (rate) => {
    const redisUrl = await isolatedRedisUrl();
    await using receiver = await startReceiver();
    const producer = await createProducer({ redis: redisUrl });
    await producer.actions.apply({
      id: "a",
      url: `${receiver.url}/x`,
      body: "{{ customer }}",
      limits: { ratePerSecond: rate },
    });
    await using fleet = startFleet(redisUrl, 3);
    await fleet.untilServing();
    await producer.enqueueMany({ action: "a", customers: customers(rate * 6), run: "r" });
    await untilOver(producer, "r");

    const mean = meanPerSecond(receiver.requests);
    const most = mostInASecond(receiver.requests);
    console.log({ rate, mean, most });
    expect(mean).toBeGreaterThan(rate * 0.7);
    expect(mean).toBeLessThan(rate * 1.05);
    expect(most).toBeLessThanOrEqual(Math.ceil(rate * 1.3));
    await producer.close();
  },
  120_000,
);

test("an allowance that nobody configured is found out by three workers together, and used", async () => {
  const redisUrl = await isolatedRedisUrl();
  const limited = limitTo(50);
  await using receiver = await startReceiver(limited.script);
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(redisUrl, 3);
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(3_000), run: "r" });
  await eventually(() => {
    const { refused, accepted } = limited.count(20_000, 60_000);
    expect(refused + accepted).toBeGreaterThan(0);
  }, 60_000);

  const { refused, accepted } = limited.count(10_000, 20_000);
  console.log({ refused, accepted });
  expect(refused).toBeLessThan(0.05 * accepted);
  expect(accepted).toBeGreaterThan(0.8 * 50 * 10);
  // The rest of the run would take a minute.
  await producer.runs.cancel("r");
  await producer.close();
}, 400_000);
