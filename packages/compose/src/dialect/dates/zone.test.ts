import { expect, test } from "vitest";
import { CAMPAIGN_ZONE_NAMES } from "./campaign-zones.ts";
import { readZone } from "./zone.ts";

const JANUARY = Date.UTC(2025, 0, 15) / 1_000;
const JULY = Date.UTC(2025, 6, 15) / 1_000;

function hoursOf(zone: unknown): [january: number, july: number] {
  const { offsetAt } = readZone(zone);
  return [offsetAt(JANUARY) / 3_600, offsetAt(JULY) / 3_600];
}

test.each([
  // Offsets, as ISO 8601 has them.
  ["+0200", 2, 2],
  ["+05:30", 5.5, 5.5],
  ["+02:00", 2, 2],
  ["-0330", -3.5, -3.5],
  ["\u221205:00", -5, -5],
  ["+02", 2, 2],
  ["-05", -5, -5],
  ["+14:00", 14, 14],
  ["UTC+2", 2, 2],
  ["GMT-5:30", -5.5, -5.5],
  ["(GMT-05:00)", -5, -5],
  ["Z", 0, 0],
  ["utc", 0, 0],
  ["(UTC)", 0, 0],
  // Minutes west, as liquidjs has them.
  [60, -1, -1],
  [-330, 5.5, 5.5],
  ["60", -1, -1],
  ["-330", 5.5, 5.5],
  ["300", -5, -5],
  // The tz database.
  ["Europe/Paris", 1, 2],
  ["europe/paris", 1, 2],
  ["US/Eastern", -5, -4],
  ["Etc/GMT+5", -5, -5],
  ["EST", -5, -5],
  ["CET", 1, 2],
  // Campaign tools.
  ["(GMT-05:00) Eastern Time (US & Canada)", -5, -4],
  ["Eastern Time (US & Canada)", -5, -4],
  ["Eastern Time (US &amp; Canada)", -5, -4],
  [" eastern time  (us & canada) ", -5, -4],
  ["(GMT-08:00) Pacific Time (US & Canada)", -8, -7],
  ["(GMT-10:00) Hawaii", -10, -10],
  ["(GMT+01:00) Berlin", 1, 2],
  ["(GMT+05:30) Mumbai", 5.5, 5.5],
  ["(GMT+10:00) Sydney", 11, 10],
  ["(GMT-07:00) Arizona", -7, -7],
  ["(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", 1, 2],
  ["(GMT+01:00) Europe/Paris", 1, 2],
])("%s is %d hours east in January and %d in July", (zone, january, july) => {
  expect(hoursOf(zone)).toEqual([january, july]);
});

test.each([
  "Nowhere/Land",
  "",
  " ",
  "+5",
  "+530",
  "0330",
  "+99:00",
  "+02:60",
  "(GMT-05:00) Nowhere",
  "(GMT+99:00)",
  "BST",
  "AST",
  true,
  { a: 1 },
  100_000,
])("%j is no zone, and the message says what is", (zone) => {
  expect(() => readZone(zone)).toThrow(/is no time zone; write a name such as Europe\/Paris .* \+02:00/);
});

test("every name of the campaign tools is a zone", () => {
  expect(CAMPAIGN_ZONE_NAMES).toHaveLength(154);
  for (const name of CAMPAIGN_ZONE_NAMES) {
    const offset = readZone(name).offsetAt(JULY);
    expect(readZone(`(GMT+00:00) ${name}`).offsetAt(JULY), name).toBe(offset);
  }
});
