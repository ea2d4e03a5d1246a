import { test } from "vitest";
import { keepRate, learnRate } from "../scenarios/rates.ts";

// Few of 19 and 29 are a large share; 300 have three milliseconds each.
test.each([50, 19, 29, 300])(
  "a configured rate of %i a second is exact to 5 %, also within any second",
  (rate) => keepRate({ rate, seconds: 60, leastShare: 0.95, mostShare: 1.05, secondShare: 1.05, tries: 1 }),
);

test("an allowance of 50 a second is found out within ten seconds: 1 % is refused at most, 90 % is used at least", () =>
  learnRate({ allowed: 50, seconds: 120, refusedShare: 0.01, usedShare: 0.9, tries: 1 }));
