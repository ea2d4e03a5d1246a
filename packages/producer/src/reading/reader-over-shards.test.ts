import { expect, test } from "vitest";
import type { PlacedPage } from "./reader.ts";
import { mergePages } from "./reader-over-shards.ts";

function page(shard: string, entries: readonly (readonly [place: number, at: number])[]) {
  const read: PlacedPage<object> = {
    entries: entries.map(([place, at]) => ({ cursor: `${shard}.${place}-${at}` })),
    from: `${shard}.0-0`,
    after: `${shard}.${entries.at(-1)?.[0] ?? 0}-${entries.at(-1)?.[1] ?? 0}`,
    missed: 0,
  };
  return { name: shard, page: read };
}

test("entries of several shards come in the order of time", () => {
  const pages = [
    page("0", [
      [1, 10],
      [2, 30],
    ]),
    page("1", [[1, 20]]),
  ];
  const { entries, after } = mergePages(pages, new Map(), 10);
  expect(entries.map(({ cursor }) => cursor)).toEqual(["0.1-10,1.0-0", "0.1-10,1.1-20", "0.2-30,1.1-20"]);
  expect(after).toBe("0.2-30,1.1-20");
});

test("a shard whose clock was set back keeps its order, so that a page that ends between loses nothing", () => {
  const pages = [
    page("0", [
      [1, 100],
      [2, 50],
    ]),
    page("1", [[1, 70]]),
  ];
  const first = mergePages(pages, new Map(), 1);
  expect(first.after).toBe("0.0-0,1.1-70");
  const two = mergePages(pages, new Map(), 2);
  expect(two.after).toBe("0.1-100,1.1-70");
});
