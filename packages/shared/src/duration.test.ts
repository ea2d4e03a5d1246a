import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each<[string, number | null]>([
  ["90s", 90_000],
  ["30m", 1_800_000],
  ["2h", 7_200_000],
  ["1h30m", 5_400_000],
  ["1d", 86_400_000],
  ["0s", 0],
  ["", null],
  ["2", null],
  ["h", null],
  ["30m1h", null],
  ["-2h", null],
  ["1.5h", null],
  ["2 h", null],
  ["9999999h", null],
])("%j", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
