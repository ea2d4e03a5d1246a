// Dates in texts. What is read is a list of forms, each of them whole: JavaScript's own parser differs
// between engines, takes the machine's zone where none is written, and finds a date in "May 5 items". English
// names, whatever the machine speaks.

import { readOffset } from "./zone.ts";

export interface Moment {
  /** Unix seconds, rounded down. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Longer texts are no dates. */
const TEXT_CHARS_MAX = 100;

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

interface Time {
  /** Seconds since midnight. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Seconds east of UTC; null where the text names no zone. */
  readonly offset: number | null;
}

/**
 * The moment that a text names, in UTC unless it says otherwise.
 * @param nowMs Unix ms, for what the text leaves out: the year, or the day.
 * @returns null where the text is no date. @throws Error where its numbers may mean two different days.
 */
export function parseDateText(text: string, nowMs: number): Moment | null {
  if (text.length > TEXT_CHARS_MAX || !/\d/.test(text)) return null;
  const prepared = prepare(text);
  const found = findTime(prepared);
  if (found === undefined) return null;
  const { time, rest, hasTime } = found;
  const offset = time.offset ?? 0;
  const day = rest === "" && hasTime ? today(nowMs, offset) : findDay(rest, nowMs);
  if (day === null) return null;
  // A day that the month lacks is counted on into the next, as Ruby does.
  const midnight = new Date(0).setUTCFullYear(day.year, day.month - 1, day.day) / 1_000;
  return { seconds: midnight + time.seconds - offset, nanoseconds: time.nanoseconds };
}

function today(nowMs: number, offset: number): Day {
  const now = new Date(nowMs + offset * 1_000);
  return { year: now.getUTCFullYear(), month: now.getUTCMonth() + 1, day: now.getUTCDate() };
}

/** In lower case, without the zone's name behind its offset, the short form of ISO 8601 as the long one. */
function prepare(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("\u2212", "-")
    .replace(/\s*\([^()]*\)$/, "")
    .replace(/(z|[+-]\d\d:?\d\d)\[[\w/+-]+\]$/, "$1")
    .replace(/^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)/, "$1-$2-$3t$4:$5:")
    .replace(/:(?=$|z|[+-])/, "");
}

/** Zones of RFC 822, in hours; any other letters are none that everybody reads the same. */
const ZONES: Readonly<Record<string, number>> = {
  z: 0,
  ut: 0,
  utc: 0,
  gmt: 0,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
};

const ZONE = /z|(?:utc|gmt|ut)?\s?[+-]\d\d?(?::?\d\d(?::?\d\d)?)?|utc|ut|gmt|[ecmp][sd]t/.source;
const TIME = new RegExp(
  String.raw`(?:^|[\s,]|(?<=\d)t)(\d{1,2})(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,20}))?)?)?\s?([ap]\.?m\.?)?\s?(${ZONE})?(?=$|[\s,])`,
  "g",
);
/** A day with a zone and no time, as XML writes it. */
const DAY_WITH_ZONE = /^(\d{4}-\d\d-\d\d)(z|[+-]\d\d:\d\d)$/;
const MIDNIGHT: Time = { seconds: 0, nanoseconds: 0, offset: null };

/** The time of day and what is left of the text; undefined where the time is none. */
function findTime(text: string): { time: Time; rest: string; hasTime: boolean } | undefined {
  const [, day, zone] = DAY_WITH_ZONE.exec(text) ?? [];
  if (day !== undefined) return { time: { ...MIDNIGHT, offset: toOffset(zone) }, rest: day, hasTime: false };
  // A number is an hour only with minutes, or with a half of the day.
  const match = [...text.matchAll(TIME)].find(([, , minutes, , , half]) => (minutes ?? half) !== undefined);
  if (match === undefined) return { time: MIDNIGHT, rest: text, hasTime: false };
  const time = toTime(match);
  if (time === null) return undefined;
  const rest = `${text.slice(0, match.index)} ${text.slice(match.index + match[0].length)}`;
  return { time, rest: rest.trim(), hasTime: true };
}

function toTime([
  ,
  hours,
  minutes = "0",
  seconds = "0",
  fraction = "",
  half,
  zone,
]: RegExpMatchArray): Time | null {
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)];
  const isLast = hour === 24 && minute === 0 && second === 0;
  // A leap second is the first of the next minute.
  if ((hour > 23 && !isLast) || minute > 59 || second > 60) return null;
  if (half !== undefined && (hour < 1 || hour > 12)) return null;
  const offset = toOffset(zone);
  if (Number.isNaN(offset)) return null;
  const ofDay = half === undefined ? hour : (hour % 12) + (half.startsWith("p") ? 12 : 0);
  return {
    seconds: ofDay * 3_600 + minute * 60 + second,
    nanoseconds: Number(fraction.padEnd(9, "0").slice(0, 9)),
    offset,
  };
}

/** Seconds east of UTC; null where none is written, NaN for what is none. */
function toOffset(zone: string | undefined): number | null {
  if (zone === undefined) return null;
  const hours = ZONES[zone];
  return hours === undefined ? (readOffset(zone) ?? Number.NaN) : hours * 3_600;
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const MONTH =
  /(?<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?/
    .source;
/** What stands beside a date without changing it. */
const BESIDE =
  /\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?|\b(?:of|the|at|on)\b|,/g;

const YEAR = String.raw`(?<year>\d{4})`;
const ANY_YEAR = String.raw`(?<year>\d{4}|\d\d)`;
const MONTH_NUMBER = String.raw`(?<month>\d{1,2})`;
const DAY = String.raw`(?<day>\d{1,2})`;
const GAP = "[-/. ]";

/** The forms of a day. What they leave out is the first, or this year. */
const FORMS: readonly RegExp[] = [
  String.raw`${YEAR}(?<gap>[-/.])${MONTH_NUMBER}\k<gap>${DAY}`,
  String.raw`${YEAR}-(?<month>\d\d)`,
  String.raw`${YEAR}-(?<yearDay>\d{3})`,
  String.raw`${DAY}\.${MONTH_NUMBER}\.${ANY_YEAR}`,
  String.raw`(?<isMonthFirst>)${MONTH_NUMBER}(?<gap>[-/])${DAY}\k<gap>${ANY_YEAR}`,
  `${DAY}${GAP}?${MONTH}(?:${GAP}?${ANY_YEAR})?`,
  `${MONTH}${GAP}?${DAY}(?:${GAP}${ANY_YEAR})?`,
  `${MONTH}${GAP}?${YEAR}`,
  `${YEAR}${GAP}?${MONTH}${GAP}?${DAY}`,
].map((form) => new RegExp(`^${form}$`));

function findDay(text: string, nowMs: number): Day | null {
  const bare = text
    .replace(/(\d)(?:st|nd|rd|th)\b/g, "$1")
    .replace(BESIDE, " ")
    .replace(/\s+/g, " ")
    .trim();
  for (const form of FORMS) {
    const groups = form.exec(bare)?.groups;
    if (groups !== undefined) return toDay(groups, nowMs);
  }
  return null;
}

function toDay(groups: Readonly<Record<string, string | undefined>>, nowMs: number): Day | null {
  const { year, month, day, yearDay } = groups;
  const found = {
    year: year === undefined ? new Date(nowMs).getUTCFullYear() : toYear(year),
    month: month === undefined ? 1 : toMonth(month),
    day: Number(yearDay ?? day ?? 1),
  };
  if (groups["isMonthFirst"] !== undefined) checkOrder(found);
  const daysMax = yearDay === undefined ? 31 : 366;
  const isDay = found.month >= 1 && found.month <= 12 && found.day >= 1 && found.day <= daysMax;
  return isDay ? found : null;
}

/** The number's, or the one that a name begins. */
function toMonth(text: string): number {
  return /^\d/.test(text) ? Number(text) : MONTHS.indexOf(text.slice(0, 3)) + 1;
}

/** Two digits: 1969 to 2068, as POSIX has it. */
function toYear(text: string): number {
  const year = Number(text);
  if (text.length > 2) return year;
  return year < 69 ? 2_000 + year : 1_900 + year;
}

/**
 * `01/15/2024`, `01-15-2024`: month first. Data that write the day first cannot be told from these in the
 * first twelve days of a month; where they can, the delivery fails rather than that the others of their kind
 * go out with day and month exchanged.
 */
function checkOrder({ month, day, year }: Day): void {
  if (month > 12 && month <= 31 && day >= 1 && day <= 12)
    throw new Error(
      `the date ${month}/${day}/${year} has no month ${month}: numbers with the year last are read month first, as 01/15/2024; write the day first with points (15.01.2024), or better 2024-01-15`,
    );
}
