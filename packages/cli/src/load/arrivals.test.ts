import { expect, test } from "vitest";
import { createArrivals, toQuantiles } from "./arrivals.ts";
import { createLoadCustomers, PAYLOAD_BYTES_MIN } from "./load-action.ts";
import { createLoadSchedule } from "./load-schedule.ts";

test("deliveries are due one interval after the other, whatever the time", () => {
  const schedule = createLoadSchedule(200, 1_000);

  expect(schedule.count).toBe(200);
  expect([0, 1, 199].map(schedule.dueAt)).toEqual([0, 5, 995]);
  expect([-1, 0, 4.9, 5, 500, 9_999].map(schedule.dueBy)).toEqual([0, 1, 1, 2, 101, 200]);
});

test("a delay counts from when it was due, not from when there was time for it", () => {
  const arrivals = createArrivals({ schedule: createLoadSchedule(100, 100), failures: 0 });
  // All ten stood in one queue, and came at once.
  for (let index = 0; index < 10; index++) arrivals.came(index, 1_000);

  expect(arrivals.figures()).toEqual({
    arrived: 10,
    lost: 0,
    doubled: 0,
    refused: 0,
    dueToArrivalMs: { p50: 950, p99: 1_000, p999: 1_000, max: 1_000 },
  });
});

test("what did not come is lost, what came twice doubled, and what was refused is neither", () => {
  const count = 10_000;
  const arrivals = createArrivals({ schedule: createLoadSchedule(count, 1_000), failures: 0.25 });
  for (let index = 1; index < count; index++) while (!arrivals.came(index, index));
  const { refused, ...before } = arrivals.figures();
  arrivals.came(5, 9_999);

  expect(before).toMatchObject({ arrived: count - 1, lost: 1, doubled: 0 });
  expect(refused / (refused + count)).toBeCloseTo(0.25, 1);
  expect(arrivals.figures()).toMatchObject({ lost: 1, doubled: 1 });
  expect(arrivals.came(count, 0), "not one of these").toBe(true);
});

test("quantiles are values that occurred", () => {
  const values = Float64Array.from({ length: 1_000 }, (_, index) => 1_000 - index);

  expect(toQuantiles(values)).toEqual({ p50: 500, p99: 990, p999: 999, max: 1_000 });
  expect(toQuantiles(Float64Array.of(7))).toEqual({ p50: 7, p99: 7, p999: 7, max: 7 });
  expect(toQuantiles(new Float64Array())).toBeNull();
});

test("customers have the size that was asked for", () => {
  for (const bytes of [PAYLOAD_BYTES_MIN, 1_000, 20_000]) {
    const toCustomer = createLoadCustomers(bytes);
    for (const index of [0, 77, 12_345])
      expect(Math.abs(JSON.stringify(toCustomer(index)).length - bytes)).toBeLessThan(15);
  }
});
