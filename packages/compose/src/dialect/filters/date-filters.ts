// Filters of campaign templates that move times. Times are Unix seconds.

import { print } from "../../escape/print.ts";
import { type FilterEntry, type FilterFunction, number } from "./filter.ts";

/** Unix seconds moved by calendar units in UTC; a day that the month lacks becomes its last one. */
function shift(unit: "day" | "month" | "year", sign: 1 | -1): FilterFunction {
  return (value, amount) => {
    const name = `${sign > 0 ? "add" : "subtract"}_${unit}`;
    const date = new Date(number(value, name) * 1_000);
    const by = sign * number(amount, name);
    if (unit === "day") return Math.floor(date.getTime() / 1_000) + by * 86_400;
    const day = date.getUTCDate();
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + (unit === "month" ? by : 12 * by));
    date.setUTCDate(
      Math.min(day, new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
    );
    return Math.floor(date.getTime() / 1_000);
  };
}

/** What a zone adds to UTC at a time, in seconds. @throws RangeError for what is no zone. */
function offsetOf(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    timeZoneName: "longOffset",
  }).formatToParts(at * 1_000);
  const offset = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes, seconds] = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(offset) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds ?? 0));
}

export const DATE_FILTERS: Readonly<Record<string, FilterEntry>> = {
  add_day: {
    does: "Unix seconds, so many days later.",
    example: ["{{ 86400 | add_day: 2 }}", "259200"],
    filter: shift("day", 1),
  },
  add_month: {
    does: "Unix seconds, so many months later (31 January and one is the last of February).",
    example: ["{{ 1706659200 | add_month: 1 | date: '%Y-%m-%d' }}", "2024-02-29"],
    filter: shift("month", 1),
  },
  add_year: {
    does: "Unix seconds, so many years later.",
    example: ["{{ 1709164800 | add_year: 1 | date: '%Y-%m-%d' }}", "2025-02-28"],
    filter: shift("year", 1),
  },
  subtract_day: {
    does: "Unix seconds, so many days before.",
    example: ["{{ 259200 | subtract_day: 2 }}", "86400"],
    filter: shift("day", -1),
  },
  subtract_month: {
    does: "Unix seconds, so many months before.",
    example: ["{{ 1711843200 | subtract_month: 1 | date: '%Y-%m-%d' }}", "2024-02-29"],
    filter: shift("month", -1),
  },
  subtract_year: {
    does: "Unix seconds, so many years before.",
    example: ["{{ 1740700800 | subtract_year: 1 | date: '%Y-%m-%d' }}", "2024-02-28"],
    filter: shift("year", -1),
  },
  timezone: {
    does: "Unix seconds moved so that date prints a zone's time, as older templates write it; date takes the zone itself.",
    example: ["{{ 0 | timezone: 'Asia/Tokyo' | date: '%H:%M' }}", "09:00"],
    filter: (value, zone) => {
      const at = number(value, "timezone");
      return at + offsetOf(print(zone), at);
    },
  },
};
