// Moments: what stands for one in a template or in data, and how a clock in a zone shows it. Numbers are Unix
// seconds; those that are larger than any campaign's are milliseconds, microseconds or nanoseconds. Texts
// without a zone are meant in UTC.

import { Drop } from "liquidjs";
import { plain } from "../../escape/print.ts";
import { type Moment, parseDateText } from "./parse.ts";
import type { WallClock } from "./strftime.ts";
import type { Zone } from "./zone.ts";

/**
 * Unix seconds reach this in the year 5138, milliseconds did in 1973: what is larger counts something smaller
 * than seconds.
 */
const SECONDS_MAX = 1e11;
const THOUSAND = 1_000;
/** What JavaScript's calendar knows: 100 million days from 1970. */
const CALENDAR_SECONDS_MAX = 8.64e12;

/**
 * The moment that a value means.
 * @param nowMs Unix ms that `now` and `today` stand for; a text without a year means this one's, one without
 * a day this day.
 * @returns null for what is no date. @throws Error for a date that may mean two days.
 */
export function toMoment(value: unknown, nowMs: number): Moment | null {
  const meant = value instanceof Drop ? plain(value) : value;
  if (typeof meant === "number" || typeof meant === "bigint") return fromNumber(Number(meant));
  if (typeof meant !== "string") return null;
  const text = meant.trim();
  if (/^(?:now|today)$/i.test(text)) return fromMs(nowMs);
  // Ten digits before the point: 15.01 is no time.
  if (/^-?\d{1,20}$|^-?\d{9,20}\.\d{1,20}$/.test(text)) return fromNumber(Number(text));
  return parseDateText(text, nowMs);
}

/** Seconds, or by its size something smaller. */
function fromNumber(number: number): Moment | null {
  let seconds = number;
  for (let unit = 0; unit < 3 && Math.abs(seconds) >= SECONDS_MAX; unit++) seconds /= THOUSAND;
  if (!(Math.abs(seconds) < SECONDS_MAX)) return null;
  const whole = Math.floor(seconds);
  // A double has no more digits than microseconds of today.
  return { seconds: whole, nanoseconds: Math.min(999_999, Math.round((seconds - whole) * 1e6)) * 1_000 };
}

function fromMs(ms: number): Moment {
  const seconds = Math.floor(ms / THOUSAND);
  return { seconds, nanoseconds: (ms - seconds * THOUSAND) * 1e6 };
}

/** What a clock in the zone shows; null beyond what the calendar knows. */
export function toWallClock({ seconds, nanoseconds }: Moment, zone: Zone): WallClock | null {
  if (Math.abs(seconds) > CALENDAR_SECONDS_MAX) return null;
  const offsetSeconds = zone.offsetAt(seconds);
  const local = new Date((seconds + offsetSeconds) * THOUSAND);
  const year = local.getUTCFullYear();
  if (Number.isNaN(year)) return null;
  const newYear = new Date(0).setUTCFullYear(year, 0, 1);
  return {
    year,
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    nanosecond: nanoseconds,
    weekday: local.getUTCDay(),
    yearDay: Math.floor((local.getTime() - newYear) / 86_400_000) + 1,
    unixSeconds: seconds,
    offsetSeconds,
    zoneName: zone.nameAt(offsetSeconds),
  };
}
