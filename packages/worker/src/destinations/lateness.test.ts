import { toEvenPart } from "@postrider/shared/rate-part";
import { expect, test } from "vitest";
import { toLateMs } from "./lateness.ts";

test("what a destination has taught counts, also where a higher rate was set", () => {
  expect(toLateMs({ intervalMs: 100, spacingMs: 5_000, phases: [] })).toBe(4_015);
  expect(toLateMs({ intervalMs: 100, spacingMs: 100, phases: [] })).toBe(15);
});

test("where shards keep a rate together, the next moment is another one's", () => {
  expect(toLateMs({ intervalMs: 100, spacingMs: 5_000, phases: [{ at: 0, part: toEvenPart(4, 1) }] })).toBe(
    15,
  );
});
