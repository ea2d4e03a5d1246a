import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toMoment, toWallClock } from "./moment.ts";
import { DIRECTIVE_LETTERS, findUnknownDirective, strftime, type WallClock } from "./strftime.ts";
import { readZone, UTC } from "./zone.ts";

const RUBY = JSON.parse(readFileSync(new URL("strftime-by-ruby.json", import.meta.url), "utf8")) as {
  moments: [seconds: number, nanoseconds: number, offset: number][];
  printed: Record<string, (string | null)[]>;
};

function clockAt([seconds, nanoseconds, offset]: readonly [number, number, number]): WallClock {
  const zone = { offsetAt: () => offset, nameAt: () => "" };
  return toWallClock({ seconds, nanoseconds }, zone) as WallClock;
}

test("every directive prints under every flag what Ruby prints", () => {
  const ours = Object.entries(RUBY.printed).map(([format, printed]) => [
    format,
    // Ruby raises for a % at the end; here it is text.
    RUBY.moments.map((moment, index) => (printed[index] === null ? null : strftime(clockAt(moment), format))),
  ]);
  expect(Object.fromEntries(ours)).toEqual(RUBY.printed);
});

function printIn(zone: unknown, seconds: number, format: string): string {
  return strftime(toWallClock({ seconds, nanoseconds: 0 }, readZone(zone)) as WallClock, format);
}

test("every directive is known, and every other letter is not", () => {
  const letters = [...Array(128).keys()].map((code) => String.fromCharCode(code)).filter((c) => /\S/.test(c));
  const unknown = letters.filter(
    (letter) => findUnknownDirective(`%${letter}`) !== null && !/[-0-9^#_:]/.test(letter),
  );
  expect(DIRECTIVE_LETTERS.filter((letter) => unknown.includes(letter))).toEqual([]);
  expect(
    [...DIRECTIVE_LETTERS, ...unknown]
      .filter((letter) => /[A-Za-z+%]/.test(letter))
      .sort()
      .join(""),
  ).toBe("%+ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
});

test.each([
  ["%J", "%J"],
  ["%Y %-Q", "%-Q"],
  ["%EB", "%EB"],
  ["%%J %d", null],
  ["100%", null],
  ["% of %d", null],
  ["%10.3f", "%10."],
])("in %s %s is no directive", (format, unknown) => {
  expect(findUnknownDirective(format)).toBe(unknown);
});

describe("what only zones with names show", () => {
  test.each([
    ["America/New_York", "%Z %z %s", "EDT -0400 1720000000"],
    ["(GMT-05:00) Eastern Time (US & Canada)", "%Z %::z", "EDT -04:00:00"],
    ["Europe/Berlin", "%Z %:::z", "CEST +02"],
    ["America/Sao_Paulo", "%Z", "-03"],
    ["Asia/Kathmandu", "%Z %:z", "+0545 +05:45"],
    ["+02:00", "%Z", "+0200"],
    ["UTC", "%Z %+", "UTC Wed Jul  3 09:46:40 UTC 2024"],
    ["Asia/Tokyo", "%#Z %-Z %6Z|%-06Z", "jst JST    JST|JST"],
  ])("in %s %s prints %s", (zone, format, printed) => {
    expect(printIn(zone, 1_720_000_000, format)).toBe(printed);
  });
});

test("an hour of the day is found in a clock's changes, on both sides", () => {
  const inNewYork = (text: string) => printIn("America/New_York", Date.parse(text) / 1_000, "%F %H:%M %Z");
  expect(
    ["2024-03-10T06:59:59Z", "2024-03-10T07:00:00Z", "2024-11-03T05:59:59Z", "2024-11-03T06:00:00Z"].map(
      inNewYork,
    ),
  ).toEqual(["2024-03-10 01:59 EST", "2024-03-10 03:00 EDT", "2024-11-03 01:59 EDT", "2024-11-03 01:00 EST"]);
});

test("every width is asked about before it is made", () => {
  const asked: number[] = [];
  const at = toWallClock(toMoment(0, 0) as never, UTC) as WallClock;
  strftime(at, "%5d %-12B %3N %010F %20z %%7d", (width) => asked.push(width));
  expect(asked).toEqual([5, 12, 3, 10, 20]);
  expect(() =>
    strftime(at, "%100d", (width) => {
      throw new Error(`${width}`);
    }),
  ).toThrow("100");
});

test("any text is a format, and what is no directive stays", () => {
  const at = toWallClock(toMoment(0, 0) as never, UTC) as WallClock;
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!text.includes("%"));
      expect(strftime(at, `${text}%Y${text}`)).toBe(`${text}1970${text}`);
    }),
  );
});
