import { expect, test } from "vitest";
import { createBatch, createBatchByKey } from "./batch.ts";

test("a lone item waits for nobody, and what comes at the same time travels together", async () => {
  const flushed: number[][] = [];
  const add = createBatch<number, number>(async (items) => {
    flushed.push([...items]);
    return items.map((item) => item * 10);
  }, 100);

  const first = await add(1);
  const rest = await Promise.all([add(2), add(3), add(4)]);
  const late = [add(5)];
  await new Promise(setImmediate);
  late.push(add(6));

  expect([first, ...rest, ...(await Promise.all(late))]).toEqual([10, 20, 30, 40, 50, 60]);
  // After company a group gathers for a moment.
  expect(flushed).toEqual([[1], [2, 3, 4], [5, 6]]);
});

test("a group is bounded", async () => {
  const sizes: number[] = [];
  const add = createBatch<number, number>(async (items) => {
    sizes.push(items.length);
    return items;
  }, 2);

  await Promise.all([1, 2, 3, 4, 5].map(add));

  expect(sizes).toEqual([2, 2, 1]);
});

test("a failed flush fails its own items only, and the next ones go through", async () => {
  let isBroken = true;
  const add = createBatch<number, number>(async (items) => {
    if (isBroken) throw new Error("down");
    return items;
  }, 10);

  await expect(Promise.all([add(1), add(2)])).rejects.toThrow("down");
  isBroken = false;

  expect(await add(3)).toBe(3);
});

test("only what has the same key travels together, and fails together", async () => {
  const flushed: string[][] = [];
  const add = createBatchByKey<string, string>(
    (item) => item[0] ?? "",
    async (items) => {
      flushed.push([...items]);
      if (items[0].startsWith("b")) throw new Error(`down for ${items.join()}`);
      return items.map((item) => item.toUpperCase());
    },
    10,
  );

  const settled = await Promise.allSettled(["a1", "b1", "a2", "c1", "b2"].map(add));

  expect(flushed).toEqual([["a1", "a2"], ["b1", "b2"], ["c1"]]);
  expect(settled.map((one) => (one.status === "fulfilled" ? one.value : String(one.reason)))).toEqual([
    "A1",
    "Error: down for b1,b2",
    "A2",
    "C1",
    "Error: down for b1,b2",
  ]);
});
