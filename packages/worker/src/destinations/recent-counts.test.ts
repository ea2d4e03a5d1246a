import fc from "fast-check";
import { expect, test } from "vitest";
import type { Counts, CountsBySecond } from "./counts-by-second.ts";
import { RecentCounts } from "./recent-counts.ts";

const SECONDS = 60;
const KINDS = ["accepted", "failed", "limited"] as const;

/** Of every single one, those that are not too old. */
function toCounts(met: readonly (readonly [keyof Counts, number])[]): CountsBySecond {
  const latest = Math.max(...met.map(([, second]) => second));
  const counts = new Map<number, Record<keyof Counts, number>>();
  for (const [kind, second] of met) {
    if (second <= latest - SECONDS) continue;
    const known = counts.get(second) ?? { accepted: 0, failed: 0, limited: 0 };
    counts.set(second, { ...known, [kind]: known[kind] + 1 });
  }
  return new Map([...counts].sort(([one], [other]) => one - other));
}

test("of whatever was met, what is not too old is given out once, by second", () => {
  const step = fc.tuple(fc.constantFrom(...KINDS), fc.oneof(fc.nat(3), fc.nat(150)), fc.nat(20));
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2_000_000_000 }),
      fc.array(step, { minLength: 1 }),
      (start, steps) => {
        const recent = new RecentCounts(SECONDS);
        let latest = start;
        const met = steps.map(([kind, forward, back]) => {
          latest += forward;
          // Never so far back that it would be a clock that was put back.
          return [kind, latest - back] as const;
        });
        for (const [kind, second] of met) recent.add(kind, second);

        expect(recent.take()).toEqual(toCounts(met));
        expect([recent.isEmpty, recent.take().size]).toEqual([true, 0]);
        recent.add("limited", latest);
        expect(recent.take()).toEqual(new Map([[latest, { accepted: 0, failed: 0, limited: 1 }]]));
      },
    ),
  );
});

test("a clock that was put back begins anew", () => {
  const recent = new RecentCounts(SECONDS);
  recent.add("failed", 10_000);
  recent.add("accepted", 5_000);
  expect(recent.take()).toEqual(new Map([[5_000, { accepted: 1, failed: 0, limited: 0 }]]));
});
