import { expect, test } from "vitest";
import { sparkline } from "./sparkline.ts";

test.each([
  [[0, 1, 50, 100], 10, "▁▂▅█"],
  [[null, 0, 0], 10, " ▁▁"],
  [[1, 2, 3, null, 5, 5], 3, "▄▅█"],
  [[], 3, ""],
])("%j, %i wide", (points, widthMax, line) => {
  expect(sparkline(points, widthMax)).toBe(line);
});
