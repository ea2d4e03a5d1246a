import { expect, test } from "vitest";
import { chooseShardNames, type SlotRanges, slotOfShard, slotOfTag } from "./cluster-slots.ts";

/** Masters of even parts of the slots. */
function evenMasters(count: number): SlotRanges[] {
  const border = (index: number): number => Math.floor((index * 16_384) / count);
  return Array.from({ length: count }, (_, index) => [[border(index), border(index + 1) - 1]]);
}

test("slots are those of the specification", () => {
  expect([slotOfTag("123456789"), slotOfTag("user1000"), slotOfTag("")]).toEqual([0x31c3, 3_443, 0]);
});

test.each([
  [1, 4],
  [2, 2],
  [3, 4],
  [3, 12],
  [16, 32],
])("over %i masters %i shards spread evenly, beside the first that is there", (masters, shards) => {
  const ranges = evenMasters(masters);
  const names = ["0", ...chooseShardNames("postrider", ranges, { count: shards - 1, taken: ["0"] })];
  const counts = ranges.map(
    ([[first, last] = [0, 0]]) =>
      names.map((name) => slotOfShard("postrider", name)).filter((slot) => first <= slot && slot <= last)
        .length,
  );
  expect(new Set(names).size).toBe(shards);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
});

test("a master whose slots lie in parts, and one that has got most of them", () => {
  const [small, large]: [SlotRanges, SlotRanges] = [
    [
      [0, 99],
      [16_300, 16_383],
    ],
    [[100, 16_299]],
  ];
  const names = chooseShardNames("p", [small, large], { count: 6, taken: [] });
  const inSmall = names.filter((name) => slotOfShard("p", name) < 100 || slotOfShard("p", name) >= 16_300);
  expect(inSmall).toHaveLength(3);
});
