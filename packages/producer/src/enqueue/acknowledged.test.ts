import fc from "fast-check";
import { expect, test } from "vitest";
import { createAcknowledged } from "./acknowledged.ts";

test("a chunk counts once all before it are taken in", () => {
  const acknowledged = createAcknowledged();
  const [first, second, third] = [2, 3, 4].map((size) => acknowledged.expect(size));

  second?.();
  const afterSecond = acknowledged.count();
  first?.();
  const afterFirst = acknowledged.count();
  third?.();

  expect([afterSecond, afterFirst, acknowledged.count()]).toEqual([0, 5, 9]);
});

test("whatever the order, the count is that of the chunks before the first missing one", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 500 }), { maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
      (sizes, picks) => {
        const acknowledged = createAcknowledged();
        const missing = sizes.map((size, index) => ({ index, take: acknowledged.expect(size) }));
        while (missing.length > 0) {
          const [{ take } = { take: () => undefined }] = missing.splice(
            Number(picks.next().value) % missing.length,
            1,
          );
          take();
          const before = sizes.slice(0, missing[0]?.index ?? sizes.length);
          expect(acknowledged.count()).toBe(before.reduce((sum, size) => sum + size, 0));
        }
      },
    ),
  );
});
