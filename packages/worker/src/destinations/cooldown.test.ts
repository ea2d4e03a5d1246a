import { expect, test } from "vitest";
import { nextCooldown } from "./cooldown.ts";
import type { Counts, CountsBySecond } from "./counts-by-second.ts";

const NOW = 1_000_000;
const MAX = 600_000;

/** What was met one, two, … seconds ago. */
function seconds(...met: Partial<Counts>[]): CountsBySecond {
  return new Map(
    met.map((one, index) => [NOW / 1_000 - 1 - index, { accepted: 0, failed: 0, limited: 0, ...one }]),
  );
}

const REFUSING = seconds({ limited: 3 }, { limited: 2 }, { accepted: 9 });

test("refusals in a row that ask for it hold the whole destination, for as long as they ask, and no longer than a circuit pauses", () => {
  expect(nextCooldown(undefined, NOW + 30_000, REFUSING, NOW, MAX)).toBe(NOW + 30_000);
  expect(nextCooldown(undefined, NOW + 3_600_000, REFUSING, NOW, MAX)).toBe(NOW + MAX);
});

test.each<[string, number | null, CountsBySecond]>([
  ["one that asks for nothing", null, REFUSING],
  ["one that asks for a moment", NOW + 1_999, REFUSING],
  ["one that asks for the past", NOW - 1, REFUSING],
  ["a few refusals", NOW + 30_000, seconds({ limited: 4 }, { accepted: 1 })],
  ["one among failures", NOW + 30_000, seconds({ limited: 1, failed: 9 })],
  [
    "refusals among others that are accepted",
    NOW + 30_000,
    seconds({ limited: 4, accepted: 1 }, { limited: 9 }),
  ],
])("%s does not", (_, askedUntil, counts) => {
  expect(nextCooldown(undefined, askedUntil, counts, NOW, MAX)).toBeUndefined();
});

test("what comes in of the same refusals changes nothing; a later end does", () => {
  expect(nextCooldown(NOW + 30_000, NOW + 30_400, REFUSING, NOW, MAX)).toBe(NOW + 30_000);
  expect(nextCooldown(NOW + 30_000, NOW + 10_000, REFUSING, NOW, MAX)).toBe(NOW + 30_000);
  expect(nextCooldown(NOW + 30_000, NOW + 60_000, REFUSING, NOW, MAX)).toBe(NOW + 60_000);
});
