import fc from "fast-check";
import { expect, test } from "vitest";
import { toMoment } from "./moment.ts";

const NOW = Date.UTC(2026, 10, 24, 9, 8, 7);

/** In UTC, down to milliseconds where there are any. */
function read(value: unknown): string | null {
  const moment = toMoment(value, NOW);
  if (moment === null) return null;
  const ms = moment.seconds * 1_000 + Math.floor(moment.nanoseconds / 1e6);
  return new Date(ms)
    .toISOString()
    .replace("T", " ")
    .replace(/(:00)?\.000Z$|Z$/, "");
}

test.each([
  // ISO 8601, and what databases and programs make of it.
  ["2024-01-15", "2024-01-15 00:00"],
  ["2024-1-5", "2024-01-05 00:00"],
  ["2024/01/15", "2024-01-15 00:00"],
  ["2024.01.15", "2024-01-15 00:00"],
  ["2024-01", "2024-01-01 00:00"],
  ["2024-015", "2024-01-15 00:00"],
  ["2024-01-15T10:00Z", "2024-01-15 10:00"],
  ["2024-01-15t10:00z", "2024-01-15 10:00"],
  ["20240115T101500Z", "2024-01-15 10:15"],
  ["20240115T1015", "2024-01-15 10:15"],
  ["2024-01-15T10:00:00.123Z", "2024-01-15 10:00:00.123"],
  ["2024-01-15T10:00:00,5Z", "2024-01-15 10:00:00.500"],
  ["2024-01-15T10:00:00+02:00", "2024-01-15 08:00"],
  ["2024-01-15T10:00:00+0530", "2024-01-15 04:30"],
  ["2024-01-15 10:00:00.123456+02", "2024-01-15 08:00:00.123"],
  ["2024-01-15 10:00:00+00", "2024-01-15 10:00"],
  ["2025-01-02T03:04:05-01", "2025-01-02 04:04:05"],
  ["2024-01-15 10:00:00 +0200", "2024-01-15 08:00"],
  ["2024-01-15T10:00:00\u221205:00", "2024-01-15 15:00"],
  ["2024-01-15T10:00:00+01:00[Europe/Berlin]", "2024-01-15 09:00"],
  ["2024-01-15+02:00", "2024-01-14 22:00"],
  ["2024-01-15T24:00:00Z", "2024-01-16 00:00"],
  ["2016-12-31T23:59:60Z", "2017-01-01 00:00"],
  ["0099-03-01", "0099-03-01 00:00"],
  [" 2024-01-15 \n", "2024-01-15 00:00"],
  // English.
  ["15-Jan-2024", "2024-01-15 00:00"],
  ["15 January 2024", "2024-01-15 00:00"],
  ["2024-Jan-15", "2024-01-15 00:00"],
  ["Jan 31 2024 23:30", "2024-01-31 23:30"],
  ["January 15th, 2024", "2024-01-15 00:00"],
  ["5th of January 2024", "2024-01-05 00:00"],
  ["Thursday, November 10, 1994", "1994-11-10 00:00"],
  ["Wed, 31 Jan 2024 23:30:00 GMT", "2024-01-31 23:30"],
  ["Saturday, 06-Jan-24 10:00:00 GMT", "2024-01-06 10:00"],
  ["Sat Jan  6 10:00:00 2024", "2024-01-06 10:00"],
  ["Wed Jan 31 23:30:00 UTC 2024", "2024-01-31 23:30"],
  ["Wed Aug 27 13:08:45 +0000 2008", "2008-08-27 13:08:45"],
  ["Mon Jan 15 2024 10:00:00 GMT+0100 (Central European Standard Time)", "2024-01-15 09:00"],
  ["2024-01-15 10:00 EST", "2024-01-15 15:00"],
  ["2024-01-15 10:00 UTC+2", "2024-01-15 08:00"],
  ["2024-01-15 12:30 am", "2024-01-15 00:30"],
  ["Jan 5 2024 at 10 PM", "2024-01-05 22:00"],
  ["May 2024", "2024-05-01 00:00"],
  ["June 5", "2026-06-05 00:00"],
  ["10:30", "2026-11-24 10:30"],
  // A day after midnight there, so the day before here.
  ["00:30 +02:00", "2026-11-23 22:30"],
  // Numbers, the year last.
  ["01-15-2024", "2024-01-15 00:00"],
  ["01/15/2024", "2024-01-15 00:00"],
  ["12/02/2024 08:00", "2024-12-02 08:00"],
  ["1/2/24", "2024-01-02 00:00"],
  ["1/2/69", "1969-01-02 00:00"],
  ["15.01.2024", "2024-01-15 00:00"],
  ["1.2.2024 10:00", "2024-02-01 10:00"],
  // A day that the month lacks, as Ruby counts it on.
  ["2024-02-30", "2024-03-01 00:00"],
  ["2024-04-31", "2024-05-01 00:00"],
  // Numbers.
  [1_720_000_000, "2024-07-03 09:46:40"],
  ["1720000000", "2024-07-03 09:46:40"],
  [1_720_000_000n, "2024-07-03 09:46:40"],
  [1_720_000_000.25, "2024-07-03 09:46:40.250"],
  ["1720000000.25", "2024-07-03 09:46:40.250"],
  [0, "1970-01-01 00:00"],
  [-86_400, "1969-12-31 00:00"],
  ["-86400", "1969-12-31 00:00"],
  [1_700_000_000_123, "2023-11-14 22:13:20.123"],
  ["1700000000123", "2023-11-14 22:13:20.123"],
  [1_700_000_000_123_456, "2023-11-14 22:13:20.123"],
  ["1700000000123456789", "2023-11-14 22:13:20.123"],
  ["now", "2026-11-24 09:08:07"],
  ["Today", "2026-11-24 09:08:07"],
])("%s is %s", (value, moment) => {
  expect(read(value)).toBe(moment);
});

test.each([
  "hello",
  "",
  "tomorrow",
  "Monday",
  "Monday 10:00",
  "5 items",
  "May 5 items",
  "1.5",
  "15.01",
  "2024-13-01",
  "2024-00-10",
  "2024-01-32",
  "2024-01-15T25:00:00Z",
  "2024-01-15T10:61",
  "2024-01-15 13:00 pm",
  "2024-01-15 10:00 CEST",
  "2024-01-15 10:00 Europe/Berlin",
  "2024-01-15T10:00:00+99:00",
  "2024-01-15 2024-01-15",
  "99/99/2024",
  `2024-01-15${" ".repeat(100)}10:00`,
  Number.NaN,
  1e30,
  null,
  undefined,
  true,
  [2024],
  { year: 2024 },
])("%j is no date", (value) => {
  expect(read(value)).toBeNull();
});

test.each(["13/02/2024", "15-01-2024", "31/12/99", "13/02/2024 10:00"])(
  "%s fails, and says how the day is written first",
  (text) => {
    expect(() => read(text)).toThrow(/has no month \d+: .* month first.*15\.01\.2024.*2024-01-15/);
  },
);

test("what ISO 8601 writes is read back, in any zone", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true }),
      fc.integer({ min: -14 * 60, max: 14 * 60 }),
      fc.constantFrom("T", " "),
      (date, offset, between) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString();
        const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
        const size = Math.abs(offset);
        const zone = `${offset < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
        const moment = toMoment(local.replace("T", between).replace("Z", zone), 0);
        expect((moment?.seconds ?? Number.NaN) * 1_000 + (moment?.nanoseconds ?? 0) / 1e6).toBe(
          date.getTime(),
        );
      },
    ),
  );
});

test("any text is a date or none, at once", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."0123456789-/.:+ TZjanpm,()[]") }), (text) => {
      try {
        const moment = toMoment(text, NOW);
        expect(moment === null || Number.isInteger(moment.seconds)).toBe(true);
      } catch (error) {
        expect((error as Error).message).toMatch(/month first/);
      }
    }),
    { numRuns: 5_000 },
  );
});
