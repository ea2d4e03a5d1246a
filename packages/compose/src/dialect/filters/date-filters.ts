// Filters of dates: printing them, and moving them. Each takes whatever `toMoment` reads; moved ones are Unix
// seconds.

import type { Context } from "liquidjs";
import { print } from "../../escape/print.ts";
import { toMoment, toWallClock } from "../dates/moment.ts";
import type { Moment } from "../dates/parse.ts";
import { ordinalEnding, strftime } from "../dates/strftime.ts";
import { readZone, UTC, type Zone } from "../dates/zone.ts";
import { factsOf } from "../delivery-facts.ts";
import { type FilterEntry, type FilterFunction, number } from "./filter-entry.ts";

/** What `date` without a format prints, as liquidjs has it. */
const FORMAT = "%A, %B %-e, %Y at %-l:%M %P %z";

/** Now is when the delivery was due. */
function momentOf(context: Context, value: unknown): Moment | null {
  return toMoment(value, factsOf(context).dueAt);
}

/** A moment as the format says; what is no date stays what it is, as in Ruby's Liquid. */
function printDate(context: Context, value: unknown, format: string, zone: Zone = UTC): unknown {
  const moment = momentOf(context, value);
  const at = moment === null ? null : toWallClock(moment, zone);
  if (at === null) return value;
  // A width (`%5000000d`) is a size that the template or the data choose freely: liquidjs' limit of memory
  // counts it before it is made.
  context.memoryLimit.use(format.length);
  return strftime(at, format, (width) => context.memoryLimit.use(width));
}

const date: FilterFunction = function (value, ...args) {
  const [format, zone] = args;
  const text = args.length === 0 ? FORMAT : print(format);
  // Ruby's Liquid leaves the date alone where the format is empty.
  if (text === "") return value;
  return printDate(this.context, value, text, (zone ?? null) === null ? UTC : readZone(zone));
};

/** With `ordinal` the day is `1st`; with `US` behind, the month comes first. */
const inWords = (month: "%b" | "%B"): FilterFunction =>
  function (value, type, style) {
    const moment = momentOf(this.context, value);
    const at = moment === null ? null : toWallClock(moment, UTC);
    if (at === null) return value;
    if (type !== "ordinal") return strftime(at, `%d ${month} %Y`);
    const day = `${at.day}${ordinalEnding(at.day)}`;
    return strftime(at, style === "US" ? `${month} ${day}, %Y` : `${day} ${month} %Y`);
  };

/** @throws Error that names the filter. */
function secondsOf(context: Context, value: unknown, filter: string): number {
  const moment = momentOf(context, value);
  if (moment === null) throw new Error(`${filter}: "${print(value).slice(0, 40)}" is no date and no number`);
  return moment.seconds;
}

/** Unix seconds moved by calendar units in UTC; a day that the month lacks becomes its last one. */
function shift(unit: "day" | "month" | "year", sign: 1 | -1): FilterFunction {
  const name = `${sign > 0 ? "add" : "subtract"}_${unit}`;
  return function (value, amount) {
    const seconds = secondsOf(this.context, value, name);
    const by = sign * number(amount, name);
    const moved =
      unit === "day" ? seconds + by * 86_400 : shiftMonths(seconds, unit === "month" ? by : 12 * by);
    if (Number.isNaN(moved)) throw new Error(`${name}: that is beyond the calendar`);
    return moved;
  };
}

function shiftMonths(seconds: number, by: number): number {
  const date = new Date(seconds * 1_000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + by);
  const lastDay = new Date(date);
  lastDay.setUTCMonth(date.getUTCMonth() + 1, 0);
  date.setUTCDate(Math.min(day, lastDay.getUTCDate()));
  return date.getTime() / 1_000;
}

export const DATE_FILTERS: Readonly<Record<string, FilterEntry>> = {
  date: {
    does: "A date, formatted as strftime does, in a zone (see Dates).",
    takes: "format?, zone?",
    example: ["{{ 0 | date: '%Y-%m-%d %H:%M', 'America/New_York' }}", "1969-12-31 19:00"],
    filter: date,
  },
  date_to_xmlschema: {
    does: "ISO 8601.",
    example: ["{{ 0 | date_to_xmlschema }}", "1970-01-01T00:00:00+00:00"],
    filter(value) {
      return printDate(this.context, value, "%Y-%m-%dT%H:%M:%S%:z");
    },
  },
  date_to_rfc822: {
    does: "RFC 822.",
    example: ["{{ 0 | date_to_rfc822 }}", "Thu, 01 Jan 1970 00:00:00 +0000"],
    filter(value) {
      return printDate(this.context, value, "%a, %d %b %Y %H:%M:%S %z");
    },
  },
  date_to_string: {
    does: "Day, short month, year.",
    takes: "ordinal?, style?",
    example: ["{{ 0 | date_to_string }}", "01 Jan 1970"],
    filter: inWords("%b"),
  },
  date_to_long_string: {
    does: "Day, month, year; the day as an ordinal where asked.",
    takes: "ordinal?, style?",
    example: ["{{ 0 | date_to_long_string: 'ordinal' }}", "1st January 1970"],
    filter: inWords("%B"),
  },
  add_day: {
    does: "Unix seconds, so many days later.",
    takes: "days",
    example: ["{{ 86400 | add_day: 2 }}", "259200"],
    filter: shift("day", 1),
  },
  add_month: {
    does: "Unix seconds, so many months later (31 January and one is the last of February).",
    takes: "months",
    example: ["{{ 1706659200 | add_month: 1 | date: '%Y-%m-%d' }}", "2024-02-29"],
    filter: shift("month", 1),
  },
  add_year: {
    does: "Unix seconds, so many years later.",
    takes: "years",
    example: ["{{ 1709164800 | add_year: 1 | date: '%Y-%m-%d' }}", "2025-02-28"],
    filter: shift("year", 1),
  },
  subtract_day: {
    does: "Unix seconds, so many days before.",
    takes: "days",
    example: ["{{ 259200 | subtract_day: 2 }}", "86400"],
    filter: shift("day", -1),
  },
  subtract_month: {
    does: "Unix seconds, so many months before.",
    takes: "months",
    example: ["{{ 1711843200 | subtract_month: 1 | date: '%Y-%m-%d' }}", "2024-02-29"],
    filter: shift("month", -1),
  },
  subtract_year: {
    does: "Unix seconds, so many years before.",
    takes: "years",
    example: ["{{ 1740700800 | subtract_year: 1 | date: '%Y-%m-%d' }}", "2024-02-28"],
    filter: shift("year", -1),
  },
  timezone: {
    does: "Unix seconds moved so that date prints a zone's time, as older templates write it; date takes the zone itself.",
    takes: "zone",
    example: ["{{ 0 | timezone: 'Asia/Tokyo' | date: '%H:%M' }}", "09:00"],
    filter(value, zone) {
      const seconds = secondsOf(this.context, value, "timezone");
      return seconds + readZone(zone).offsetAt(seconds);
    },
  },
};
