import fc from "fast-check";
import { expect, test } from "vitest";
import { createProcessSlots, partSlots } from "./slots.ts";

const IDLE = { inFlight: 0, isFull: false };
const full = (inFlight: number) => ({ inFlight, isFull: true });

test.each([
  ["one shard has all", 100, [full(100)], [100]],
  ["those that are full have even parts", 100, [full(50), full(50), full(1), full(9)], [25, 25, 25, 25]],
  ["one busy shard has what idle ones leave", 100, [full(25), IDLE, IDLE, IDLE], [82, 6, 6, 6]],
  ["one that is half busy keeps what it uses", 100, [full(50), { inFlight: 20, isFull: false }], [70, 30]],
  ["fewer slots than shards are one each", 2, [full(1), full(1), full(1)], [1, 1, 1]],
])("%s", (_, total, uses, parts) => {
  expect(partSlots(total, uses)).toEqual(parts);
});

test("however loads move, what is granted and in flight is the total at most, and nobody starves", () => {
  const TOTAL = 40;
  const asks = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 200 })), { maxLength: 200 });
  fc.assert(
    fc.property(asks, (given) => {
      const slots = createProcessSlots();
      const shards = Array.from({ length: 4 }, () => ({ slots: slots.join(), granted: 0, inFlight: 0 }));
      const ask = (shard: (typeof shards)[number], load: number): void => {
        shard.inFlight = Math.min(shard.granted, Math.floor((shard.granted * load) / 100));
        shard.granted = shard.slots.ask("bulk", TOTAL, { inFlight: shard.inFlight, isFull: load >= 100 });
      };
      for (const [index, load] of given) ask(shards[index] ?? raise(), load);
      const sum = shards.reduce((all, { granted, inFlight }) => all + Math.max(granted, inFlight), 0);
      // A shard that comes to a lane which others use up has one slot until these have asked again.
      expect(sum).toBeLessThanOrEqual(TOTAL + shards.length - 1);
      for (let look = 0; look < 5; look++) for (const shard of shards) ask(shard, 100);
      expect(shards.map(({ granted }) => granted)).toEqual([10, 10, 10, 10]);
    }),
  );
});

function raise(): never {
  throw new Error("no such shard");
}

test("a shard that leaves gives its slots back", () => {
  const slots = createProcessSlots();
  const [one, other] = [slots.join(), slots.join()];
  const before = [one.ask("bulk", 10, IDLE), other.ask("bulk", 10, IDLE)];
  other.leave();
  expect([before, one.ask("bulk", 10, full(5))]).toEqual([[5, 5], 10]);
});
