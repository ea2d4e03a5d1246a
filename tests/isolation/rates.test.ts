import { test } from "vitest";
import { keepRate, learnRate } from "../scenarios/rates.ts";

// A busy machine claims late and delivers in bursts: the exact figures are held in tests/chaos.
test.each([50, 19])(
  "a configured rate of %i a second is kept by three workers together, within any second",
  (rate) => keepRate({ rate, seconds: 10, leastShare: 0.7, mostShare: 1.05, secondShare: 1.2, tries: 4 }),
);

test("an allowance that nobody configured is found out by three workers together, and used", () =>
  learnRate({ allowed: 50, seconds: 10, refusedShare: 0.1, usedShare: 0.5, tries: 4 }));
