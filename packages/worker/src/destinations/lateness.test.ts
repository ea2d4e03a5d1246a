import { expect, test } from "vitest";
import { toLateMs } from "./lateness.ts";

const ALONE = { place: 0, count: 1 };

test("what a destination has taught counts, also where a higher rate was set", () => {
  expect(toLateMs({ intervalMs: 100, spacingMs: 5_000, part: ALONE })).toBe(4_015);
  expect(toLateMs({ intervalMs: 100, spacingMs: 100, part: ALONE })).toBe(15);
});

test("where shards keep a rate together, the next moment is another one's", () => {
  expect(toLateMs({ intervalMs: 100, spacingMs: 5_000, part: { place: 1, count: 4 } })).toBe(15);
});
