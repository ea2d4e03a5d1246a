import { RETRY_PRESETS } from "@postrider/shared/retry";
import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

const policy = { attempts: 10, baseMs: 100, factor: 2, maxMs: 1_000, maxAgeMs: 0, statuses: [] };

test("the ceiling doubles with each attempt up to the maximum", () => {
  const ceilings = [1, 2, 3, 4, 5, 50].map((attempt) => backoffMs(policy, attempt, () => 0.999_999));

  expect(ceilings).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test("no wait outgrows what numbers can hold, nor does none", () => {
  const at = (baseMs: number, factor: number) =>
    [309, 1_025, 1e6].map((attempt) => backoffMs({ ...policy, baseMs, factor }, attempt, () => 0.999_999));

  expect(at(0, 10)).toEqual([0, 0, 0]);
  expect(at(0, 2)).toEqual([0, 0, 0]);
  expect(at(100, 10)).toEqual([1_000, 1_000, 1_000]);
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

test("waits that are spelled out are kept, give or take a fifth; the last one is for all that follow", () => {
  const preset = RETRY_PRESETS["standard-webhooks"];
  const waits = (random: number) =>
    Array.from({ length: preset.attempts }, (_, index) => backoffMs(preset, index + 1, () => random));

  expect(waits(0.5)).toEqual([...preset.delaysMs, preset.delaysMs.at(-1)]);
  expect(waits(0)[1]).toBe(240_000);
  expect(waits(1)[1]).toBe(360_000);
});
