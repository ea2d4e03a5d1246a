import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

const policy = { attempts: 10, baseMs: 100, factor: 2, maxMs: 1_000, maxAgeMs: 0, statuses: [] };

test("the ceiling doubles with each attempt up to the maximum", () => {
  const ceilings = [1, 2, 3, 4, 5, 50].map((attempt) => backoffMs(policy, attempt, () => 0.999_999));

  expect(ceilings).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test("retries that fail together spread over the whole wait", () => {
  const bins = new Array<number>(10).fill(0);
  for (let index = 0; index < 10_000; index++) {
    const bin = Math.min(9, Math.floor(backoffMs(policy, 5, Math.random) / 100));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }

  expect(Math.max(...bins)).toBeLessThan(1_500);
  expect(Math.min(...bins)).toBeGreaterThan(500);
});
