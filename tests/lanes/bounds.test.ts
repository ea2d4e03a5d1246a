import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { hang } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

async function readSeries(port: number): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return new Map(
    text
      .split("\n")
      .filter((line) => line.startsWith("postrider_"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

test("what is held and how much of it may be stands side by side: in flight, own lanes, what waits in them", async () => {
  await using system = await startSystem(() => hang());
  await system.apply({ timeoutMs: 60_000 });
  const worker = await system.startWorker({
    POSTRIDER_CONCURRENCY: "4",
    POSTRIDER_OWN_LANES_MAX: "1",
    POSTRIDER_IN_FLIGHT_MAX: "3",
  });
  const { runs, destinations } = system.producer;
  // Each run beyond its first thousand has a lane of its own, and one of the two finds no room.
  for (const run of ["one", "two"])
    await system.producer.enqueueMany({ action: "a", customers: customers(1_100), run });
  await eventually(async () => {
    const series = await readSeries(worker.metricsPort);
    expect(series.get("postrider_own_lanes_served_limit")).toBe(1);
    expect(series.get("postrider_own_lanes_unserved")).toBe(1);
    // Lanes take turns, and what hangs in the one whose turn is over is still in flight.
    expect(series.get('postrider_in_flight{lane="run"}')).toBeGreaterThanOrEqual(3);
    expect(series.get('postrider_in_flight_limit{lane="run"}')).toBe(3);
    expect(series.get('postrider_in_flight_limit{lane="bulk"}')).toBeGreaterThanOrEqual(4);
    expect(series.get('postrider_lane_waiting{lane="run"}')).toBeLessThanOrEqual(197);
  });

  await destinations.pause(system.receiver.url);

  await eventually(async () => {
    const series = await readSeries(worker.metricsPort);
    expect(series.get("postrider_own_lanes_held_up")).toBe(2);
  });
  for (const run of ["one", "two"]) await runs.cancel(run);
});

test("a run that was held feeds its limited destination no more than what that has room for, once it is released", async () => {
  await using system = await startSystem();
  await system.apply({ limits: { ratePerSecond: 20 } });
  const { runs, lanes } = system.producer;
  // Many more than are moved before a look tells that there are enough.
  const order = { action: "a", customers: customers(20_000), run: "r", hold: true };
  await system.producer.enqueueMany(order);
  await system.startWorker();
  await runs.release("r");
  await eventually(async () => expect((await runs.get("r")).delivered).toBeGreaterThan(40));

  expect(await lanes.backlog("run.r")).toMatchObject({ waiting: expect.toSatisfy((n) => n > 10_000) });
  await runs.cancel("r");
});
