import { stripVTControlCharacters } from "node:util";
import type { Overview } from "@postrider/producer/overview/overview";
import pc from "picocolors";
import { expect, test } from "vitest";
import { FIRST_VIEW, findSelected, press, type View } from "./control.ts";
import { share, toFrame } from "./frame.ts";
import { toKeys } from "./key-presses.ts";
import { toSight } from "./sight.ts";
import { cutTo, fit, measure, toCell } from "./width.ts";

const PLAIN = pc.createColors(false);
const COLOURED = pc.createColors(true);

const run = (name: string, left: number): Overview["runs"][number] => ({
  ...{ run: name, state: "running", action: "welcome@1", createdAt: 0, isOpen: false },
  ...{ enqueued: 100, delivered: 100 - left, failed: 0, expired: 0, cancelled: 0, left },
});
const destination = (origin: string): Overview["destinations"][number] => ({
  ...{ origin, state: "circuit-open", since: 1_000, until: 90_000, ratePerSecond: 12.345, concurrency: null },
  ...{ waiting: 1_234_567, delayed: 2, inFlight: 0 },
});
const OVERVIEW: Overview = {
  ...{ at: 60_000, enqueued: 1_000, ended: 600, inFlight: 3 },
  lanes: [
    {
      ...{ lane: "bulk", isServed: true, waiting: 40, delayed: 1, inFlight: 3, deadLetters: 7 },
      oldestAgeMs: 61_000,
    },
  ],
  ownLanes: { total: 2, counted: 2, waiting: 0, delayed: 0, inFlight: 0 },
  destinations: ["https://例え.テスト", "https://b.example\u001b[2J\u202e\n"].map(destination),
  destinationsTotal: 2,
  runs: Array.from({ length: 40 }, (_, index) => run(`run-${index}`, 50)),
  workers: [{ id: "w1", silentMs: 900 }],
  shardsAway: [],
};
const BEFORE = { ...OVERVIEW, at: 50_000, ended: 500, runs: [run("run-0", 60)] };
const SIGHT = toSight(BEFORE, OVERVIEW);

test("a text takes as many columns as a terminal gives it", () => {
  const widths = {
    abc: 3,
    "": 0,
    日本語: 6,
    "e\u0301": 1,
    "👩‍👩‍👧": 2,
    "⚠\ufe0f": 2,
    ｆｕｌｌ: 8,
    한: 2,
    "–": 1,
  };
  for (const [text, columns] of Object.entries(widths)) expect(measure(text), text).toBe(columns);

  expect(fit("日本語", 4)).toBe("日… ");
  expect(fit("ab", 4, "right")).toBe("  ab");
  expect(cutTo("👩‍👩‍👧👩‍👩‍👧", 3)).toBe("👩‍👩‍👧…");
});

test("what would move the cursor or turn the text is shown", () => {
  expect(toCell("a\u001b[2J\n\u202eb\u009b")).toBe(String.raw`a\u001b[2J\u000a\u202eb\u009b`);
});

test("a frame fills its terminal and never leaves it, whatever the size", () => {
  for (const columns of [1, 10, 40, 80, 200])
    for (const rows of [2, 3, 8, 13, 24, 100]) {
      const frame = toFrame(SIGHT, FIRST_VIEW, { columns, rows }, PLAIN, "Redis is away");
      expect(frame.length, `${columns}×${rows}`).toBe(rows);
      for (const line of frame) expect(measure(line), line).toBeLessThanOrEqual(columns);
    }
});

test("colours add nothing to what is there, and without them there is no escape sequence", () => {
  const size = { columns: 90, rows: 40 };
  const plain = toFrame(SIGHT, FIRST_VIEW, size, PLAIN).join("\n");
  const coloured = toFrame(SIGHT, FIRST_VIEW, size, COLOURED).join("\n");

  expect(coloured).not.toBe(plain);
  expect(stripVTControlCharacters(coloured)).toBe(plain);
  expect(stripVTControlCharacters(plain)).toBe(plain);
});

test("rates, progress and the time that is left are of what changed since the earlier look", () => {
  const text = toFrame(SIGHT, null, { columns: 200, rows: Number.POSITIVE_INFINITY }, PLAIN).join("\n");

  expect(text).toContain("0 enqueued/s  10 ended/s  3 in flight  1 worker");
  expect(text).toMatch(/run-0 +running +welcome@1 +█{6}░{6} +50% +100 +50 +0 +50 +1 +50\.0 s/);
  expect(text).toMatch(/bulk +yes +40 +1 +3 +7 +0 +1 min 1 s/);
  expect(text).toMatch(/例え.テスト +circuit-open +59\.0 s +00:01:30Z +12\.3\d? +– +1234567/);
  expect(text.match(/run-\d+ /g)).toHaveLength(40);
});

/** Presses keys, one after the other. @returns the last view and all orders. */
function type(keys: string, from: View = FIRST_VIEW) {
  let view = from;
  const orders: unknown[] = [];
  for (const key of toKeys(keys)) {
    const pressed = press(view, key, SIGHT);
    view = pressed.view;
    if (pressed.order !== null) orders.push(pressed.order);
  }
  return { view, orders };
}

test("the marked row stays in sight, and stays marked", () => {
  const { view } = type("\t\tG");
  expect(findSelected(view, SIGHT)).toBe("run-39");
  const frame = toFrame(SIGHT, view, { columns: 100, rows: 24 }, PLAIN);
  expect(frame.filter((line) => line.startsWith("> "))).toEqual([expect.stringContaining("run-39")]);

  const fewer = toSight(null, { ...OVERVIEW, runs: [run("new", 1), ...OVERVIEW.runs.slice(38)] });
  expect(findSelected(view, fewer)).toBe("run-39");
  expect(findSelected(view, toSight(null, { ...OVERVIEW, runs: [] }))).toBeNull();
});

test("keys order what they say, of the row that is marked", () => {
  const [first = "", second = ""] = OVERVIEW.destinations.map(({ origin }) => origin);

  expect(type("\u001b[Z\u001b[Zj\u001b[Bkpr").orders).toEqual([
    { do: "pause", of: "run", id: "run-1" },
    { do: "resume", of: "run", id: "run-1" },
  ]);
  expect(type("\tjl5x0\u007f\r").orders).toEqual([
    { do: "limit", of: "destination", id: second, perSecond: 5 },
  ]);
  expect(type("\tl\r").orders).toEqual([{ do: "limit", of: "destination", id: first, perSecond: null }]);
  expect(type("\t\tcy").orders).toEqual([{ do: "cancel", of: "run", id: "run-0" }]);
  expect(type("q").orders).toEqual([{ do: "quit" }]);
  expect(type("\u0003\u001a").orders).toEqual([{ do: "interrupt" }, { do: "suspend" }]);
});

test("keys that would do nothing say why, and a question can be left", () => {
  expect(type("p").view.message).toMatch(/^choose a destination or a run first/);
  expect(type("\tc").view.message).toMatch(/^only a run/);
  expect(type("\t\tl").view.message).toMatch(/^a run has no limit/);
  for (const keys of ["\t\tcn", "\t\tc\u001b", "\tl5\u001b", "\tl0\r", "\tl.\r", "?q"])
    expect(type(keys).orders, keys).toEqual([]);
  expect(type("\tl0\r").view.message).toBe("0 is no number above 0");
});

test("space is shared out evenly, and what one does not need goes to the others", () => {
  expect(share([3, 3, 50, 3], 20)).toEqual([3, 3, 11, 3]);
  expect(share([10, 10], 9)).toEqual([4, 5]);
  expect(share([1, 1], 10)).toEqual([1, 1]);
});

test("shards that do not answer stand in the first line", () => {
  const sight = toSight(null, { ...OVERVIEW, shardsAway: ["1", "3"] });
  expect(toFrame(sight, null, { columns: 200, rows: 20 }, PLAIN)[0]).toContain("shards 1, 3 away");
});
