import fc from "fast-check";
import { expect, test } from "vitest";
import { type RatePart, toEvenPart, toParts, toPhases } from "./rate-part.ts";

function has({ of, from, to, stride }: RatePart, moment: number): boolean {
  const place = ((moment % of) * stride) % of;
  return place >= from && place < to;
}

test("each moment is exactly one part's, and a part has of them what its size says, spread evenly", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 1e12 }),
      (sizes, start) => {
        const parts = toParts(sizes);
        const of = sizes.reduce((sum, size) => sum + size, 0);
        const counts = sizes.map(() => 0);
        for (let moment = start; moment < start + of; moment++) {
          const owners = parts.flatMap((part, index) => (has(part, moment) ? [index] : []));
          expect(owners).toHaveLength(1);
          counts[owners[0] ?? 0] = (counts[owners[0] ?? 0] ?? 0) + 1;
        }
        expect(counts).toEqual(sizes);
      },
    ),
    { numRuns: 50 },
  );
});

test("of a part that has most of the moments no gap is long", () => {
  const [busy = toEvenPart(1, 0)] = toParts([77, 1, 1, 1]);
  let gap = 0;
  let longest = 0;
  for (let moment = 0; moment < 400; moment++) {
    gap = has(busy, moment) ? 0 : gap + 1;
    longest = Math.max(longest, gap);
  }
  expect(longest).toBe(1);
});

test("even parts are every so-manieth moment", () => {
  for (let moment = 0; moment < 12; moment++)
    expect([0, 1, 2].filter((place) => has(toEvenPart(3, place), moment))).toEqual([moment % 3]);
});

test("a share is in force from its beginning to its end, and not with another number of shards", () => {
  const [part = toEvenPart(1, 0), other = toEvenPart(1, 0)] = toParts([37, 3]);
  const share = { at: 100, until: 200, part, before: null, shards: 2 };
  const even = toEvenPart(2, 0);
  expect(toPhases(share, even)).toEqual([
    { at: 0, part: even },
    { at: 100, part },
    { at: 200, part: even },
  ]);
  expect(toPhases({ ...share, before: other }, even)[0]).toEqual({ at: 0, part: other });
  expect(toPhases({ ...share, shards: 3 }, even)).toEqual([{ at: 0, part: even }]);
  expect(toPhases(undefined, even)).toEqual([{ at: 0, part: even }]);
});
