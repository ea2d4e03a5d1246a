import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createRendezvous } from "./rendezvous.ts";

const IDS = Array.from({ length: 100_000 }, () => `run.${randomBytes(16).toString("base64url")}`);
const namesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

test.each([2, 3, 4, 10])("spreads evenly over %i shards, one after the other and at random", (count) => {
  const home = createRendezvous(namesOf(count));
  for (const ids of [IDS, IDS.map((_, index) => `r.customer-${index}`)]) {
    const counts = new Array<number>(count).fill(0);
    for (const id of ids) counts[home(id)] = (counts[home(id)] ?? 0) + 1;
    for (const one of counts) expect(Math.abs(one * count - ids.length) / ids.length).toBeLessThan(0.05);
  }
});

test("one shard more takes its part, and nothing moves between the others", () => {
  const [before, after] = [createRendezvous(namesOf(4)), createRendezvous(namesOf(5))];
  const moved = IDS.filter((id) => before(id) !== after(id));
  expect(moved.every((id) => after(id) === 4)).toBe(true);
  expect(moved.length / IDS.length).toBeCloseTo(1 / 5, 1);
});

test("the order of the names does not matter, and every release chooses alike", () => {
  const names = ["0", "1", "2", "7"];
  const [one, other] = [createRendezvous(names), createRendezvous(names.toReversed())];
  const homes = IDS.slice(0, 1_000).map((id) => [names[one(id)], names.toReversed()[other(id)]]);
  expect(homes.every(([first, second]) => first === second)).toBe(true);
  expect(["a", "run.x", "8Fj2_k", "ü"].map((id) => names[one(id)])).toMatchInlineSnapshot(`
    [
      "1",
      "2",
      "2",
      "7",
    ]
  `);
});
