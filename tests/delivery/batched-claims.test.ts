import { expect, test } from "vitest";
import { acceptLate } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

test("claims that travel together are each one delivery, and no more than there are slots", async () => {
  const { script, mostOpen } = acceptLate(5);
  await using system = await startSystem(script);
  await system.apply();
  await system.startWorker({ POSTRIDER_CONCURRENCY: "20" });
  await system.producer.enqueueMany({ action: "a", customers: customers(900), run: "r" });
  await system.untilEnded("r");

  const byKey = system.receiver.byKey();
  expect(byKey.size).toBe(900);
  expect([...byKey.values()].filter((requests) => requests.length > 1)).toEqual([]);
  expect(mostOpen()).toBeLessThanOrEqual(20);
  expect(await system.producer.runs.get("r")).toMatchObject({ delivered: 900, waiting: 0, inFlight: 0 });
});
