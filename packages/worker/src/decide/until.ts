// A moment as answers write it, read as how long it is until then. Pure.

/** Nothing that tells a moment is longer. */
const CHARS_MAX = 64;
/**
 * Nobody's wait is thirty years long: what is more is a Unix time in seconds, and what is more than that one
 * in ms.
 */
const UNIX_SECONDS_MIN = 1e9;
const UNIX_MS_MIN = 1e12;

/** `6m0s`, `12ms`, `1h2m3.5s`: durations as Go and many gateways print them. */
const DURATION = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000, 1] as const;

/** RFC 3339, also without seconds; a text without a zone could mean any. */
const RFC_3339 = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i;

/** The three forms of RFC 9110 section 5.6.7: IMF-fixdate, RFC 850's, and that of C's asctime. */
const IMF_FIXDATE = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** A year of two digits that is more than 50 years ahead is the past (same section). */
const YEARS_AHEAD_MAX = 50;

/** Values of a list, as of a header that came twice; the comma behind the name of a day parts nothing. */
const VALUES = /\s*(?:[A-Z][a-z]{2,8}, (?=\d\d[ -][A-Z]))?[^,]+/g;

/** The values of a header that may have come more than once. */
export function toValues(header: string | undefined): string[] {
  return (header?.match(VALUES) ?? []).map((value) => value.trim());
}

/**
 * How long it is until a moment: seconds (fractions are rounded up), a Unix time in seconds or ms, a duration
 * with units, or a date.
 * @returns ms from `now`, 0 for the past; null for what is none of these.
 */
export function untilMs(text: string, now: number): number | null {
  const value = text.trim();
  if (value === "" || value.length > CHARS_MAX) return null;
  if (!/^\d+(\.\d+)?$/.test(value)) return durationMs(value) ?? untilDateMs(value, now);
  const number = Number(value);
  if (number < UNIX_SECONDS_MIN) return Math.ceil(number * 1_000);
  return Math.max(0, Math.ceil(number < UNIX_MS_MIN ? number * 1_000 : number) - now);
}

/**
 * How long it is until a date, as HTTP or RFC 3339 writes it. @returns ms from `now`, 0 for the past; null
 * for what is none.
 */
export function untilDateMs(text: string, now: number): number | null {
  const at = parseHttpDate(text, now) ?? parseRfc3339(text);
  return at === null ? null : Math.max(0, at - now);
}

function durationMs(text: string): number | null {
  const parts = DURATION.exec(text)?.slice(1);
  if (parts === undefined) return null;
  return Math.ceil(UNITS_MS.reduce((ms, unit, index) => ms + Number(parts[index] ?? 0) * unit, 0));
}

function parseRfc3339(text: string): number | null {
  const [, date, minutes, seconds = ":00", zone = ""] = RFC_3339.exec(text) ?? [];
  if (date === undefined) return null;
  const at = Date.parse(
    `${date}T${minutes}${seconds}${zone.replace(/^(...)(\d\d)$/, "$1:$2").toUpperCase()}`,
  );
  return Number.isNaN(at) ? null : at;
}

/** @returns Unix ms; null for what is no date of HTTP's, or none that exists. */
function parseHttpDate(text: string, now: number): number | null {
  const imf = IMF_FIXDATE.exec(text);
  if (imf !== null) return toUnixMs(imf.slice(1), Number(imf[3]));
  const rfc850 = RFC_850.exec(text);
  if (rfc850 !== null) return toUnixMs(rfc850.slice(1), toFullYear(Number(rfc850[3]), now));
  const [, month = "", day = "", hour = "", minute = "", second = "", year = ""] = ASCTIME.exec(text) ?? [];
  return toUnixMs([day, month, year, hour, minute, second], Number(year));
}

function toFullYear(twoDigits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + YEARS_AHEAD_MAX ? year - 100 : year;
}

/** @param parts day, month, year as written, hour, minute, second. */
function toUnixMs(parts: readonly string[], year: number): number | null {
  const [day = "", month = "", , hour = "", minute = "", second = ""] = parts;
  const monthIndex = MONTHS.indexOf(month);
  if (monthIndex < 0) return null;
  const at = Date.UTC(year, monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  // The thirtieth of February is no date. A minute of a leap second has sixty-one.
  const isReal =
    new Date(Date.UTC(year, monthIndex, Number(day))).getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) <= 60;
  return isReal ? at : null;
}
