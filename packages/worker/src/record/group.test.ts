import { expect, test } from "vitest";
import { createGroup } from "./group.ts";

test("what comes while a flush is under way travels together in the next one", async () => {
  const flushed: number[][] = [];
  const add = createGroup<number, number>(async (items) => {
    flushed.push([...items]);
    await new Promise(setImmediate);
    return items.map((item) => item * 10);
  }, 100);

  const first = add(1);
  await Promise.resolve();
  await Promise.resolve();
  const rest = [add(2), add(3), add(4)];

  expect(await Promise.all([first, ...rest])).toEqual([10, 20, 30, 40]);
  expect(flushed).toEqual([[1], [2, 3, 4]]);
});

test("a group is bounded", async () => {
  const sizes: number[] = [];
  const add = createGroup<number, number>(async (items) => {
    sizes.push(items.length);
    return items;
  }, 2);

  await Promise.all([1, 2, 3, 4, 5].map(add));

  expect(sizes).toEqual([2, 2, 1]);
});

test("a failed flush fails its own items only, and the next ones go through", async () => {
  let isBroken = true;
  const add = createGroup<number, number>(async (items) => {
    if (isBroken) throw new Error("down");
    return items;
  }, 10);

  await expect(Promise.all([add(1), add(2)])).rejects.toThrow("down");
  isBroken = false;

  expect(await add(3)).toBe(3);
});
