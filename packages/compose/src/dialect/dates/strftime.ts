// strftime over plain numbers: every directive, flag and width that Ruby knows, with English names whatever
// the machine speaks. How wide a directive may be made is the caller's to bound.

/** A moment as a clock on a wall shows it, with what the zone adds to UTC. */
export interface WallClock {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** Sunday is 0. */
  readonly weekday: number;
  /** 1 to 366. */
  readonly yearDay: number;
  /** Unix seconds. */
  readonly unixSeconds: number;
  readonly offsetSeconds: number;
  /** What `%Z` prints. */
  readonly zoneName: string;
}

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
const WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** A directive: what it prints, and how that is filled up. */
interface Directive {
  readonly print: (at: WallClock) => string | number;
  readonly pad: "0" | " ";
  /** Characters at least, unless the format says otherwise. */
  readonly width?: number;
  /** What the flag `#` does to its case; upper case without. */
  readonly swap?: "lower";
  /** Made of others, which `-` and `#` do not touch. */
  readonly isComposed?: true;
}

const number = (width: number, print: (at: WallClock) => number, pad: "0" | " " = "0"): Directive => ({
  print,
  pad,
  width,
});
const word = (print: (at: WallClock) => string): Directive => ({ print, pad: " " });
/** Stands for several others. */
const composed = (format: string): Directive => ({
  ...word((at) => strftime(at, format)),
  isComposed: true,
});

const twelve = ({ hour }: WallClock): number => hour % 12 || 12;
const modulo = (value: number, by: number): number => ((value % by) + by) % by;
/** Days before the year's first Sunday (or Monday) belong to week 0. */
const weekFrom = (at: WallClock, firstWeekday: number): number =>
  Math.floor((at.yearDay - 1 + 7 - modulo(at.weekday - firstWeekday, 7)) / 7);

const DIRECTIVES: Readonly<Record<string, Directive>> = {
  Y: { print: ({ year }) => year, pad: "0", width: 4 },
  C: number(2, ({ year }) => Math.floor(year / 100)),
  y: number(2, ({ year }) => modulo(year, 100)),
  m: number(2, ({ month }) => month),
  B: word(({ month }) => MONTHS[month - 1] ?? ""),
  b: word(({ month }) => (MONTHS[month - 1] ?? "").slice(0, 3)),
  h: word(({ month }) => (MONTHS[month - 1] ?? "").slice(0, 3)),
  d: number(2, ({ day }) => day),
  e: number(2, ({ day }) => day, " "),
  j: number(3, ({ yearDay }) => yearDay),
  H: number(2, ({ hour }) => hour),
  k: number(2, ({ hour }) => hour, " "),
  I: number(2, twelve),
  l: number(2, twelve, " "),
  P: word(({ hour }) => (hour < 12 ? "am" : "pm")),
  p: { ...word(({ hour }) => (hour < 12 ? "AM" : "PM")), swap: "lower" },
  M: number(2, ({ minute }) => minute),
  S: number(2, ({ second }) => second),
  s: number(1, ({ unixSeconds }) => unixSeconds),
  Z: { ...word(({ zoneName }) => zoneName), swap: "lower" },
  A: word(({ weekday }) => WEEKDAYS[weekday] ?? ""),
  a: word(({ weekday }) => (WEEKDAYS[weekday] ?? "").slice(0, 3)),
  u: number(1, ({ weekday }) => weekday || 7),
  w: number(1, ({ weekday }) => weekday),
  G: { print: (at) => isoWeek(at).year, pad: "0", width: 4 },
  g: number(2, (at) => modulo(isoWeek(at).year, 100)),
  V: number(2, (at) => isoWeek(at).week),
  U: number(2, (at) => weekFrom(at, 0)),
  W: number(2, (at) => weekFrom(at, 1)),
  c: composed("%a %b %e %H:%M:%S %Y"),
  D: composed("%m/%d/%y"),
  x: composed("%m/%d/%y"),
  F: composed("%Y-%m-%d"),
  R: composed("%H:%M"),
  T: composed("%H:%M:%S"),
  X: composed("%H:%M:%S"),
  r: composed("%I:%M:%S %p"),
  v: composed("%e-%^b-%4Y"),
  "+": composed("%a %b %e %H:%M:%S %Z %Y"),
  n: word(() => "\n"),
  t: word(() => "\t"),
  "%": word(() => "%"),
  /** liquidjs' own: the ending of the day's number. */
  q: word(({ day }) => ordinalEnding(day)),
};

/** Digits of a second, and how many without a width. */
const FRACTIONS: Readonly<Record<string, number>> = { L: 3, N: 9 };

/** What the modifiers E and O, which mean other calendars and digits elsewhere, may stand before. */
const MODIFIED: Readonly<Record<string, string>> = { E: "cCxXyY", O: "deHklImMSuUVwWy" };

/** ISO 8601: a week belongs to the year that has its Thursday. */
function isoWeek({ year, yearDay, weekday }: WallClock): { year: number; week: number } {
  const week = Math.floor((yearDay - (weekday || 7) + 10) / 7);
  if (week < 1) return { year: year - 1, week: weeksIn(year - 1) };
  return week > weeksIn(year) ? { year: year + 1, week: 1 } : { year, week };
}

function weeksIn(year: number): number {
  const endsOn = (of: number): number =>
    modulo(of + Math.floor(of / 4) - Math.floor(of / 100) + Math.floor(of / 400), 7);
  return endsOn(year) === 4 || endsOn(year - 1) === 3 ? 53 : 52;
}

/** `st`, `nd`, `rd`, `th`. */
export function ordinalEnding(day: number): string {
  if (day >= 11 && day <= 13) return "th";
  return ["th", "st", "nd", "rd"][day % 10] ?? "th";
}

/** Flags, width, modifier (colons are one of `%z`) and letter. */
const DIRECTIVE = /%([-0^#_]*)(\d*)(:{1,3}|[EO]|)([\s\S])/g;

interface Flags {
  readonly has: (flag: string) => boolean;
  readonly width: number | null;
  /** The flag that came last decides how a directive is filled up. */
  readonly pad: "0" | " " | null;
}

const PADS: Readonly<Record<string, "0" | " ">> = { "0": "0", _: " " };

function toFlags(flags: string, width: string): Flags {
  const last = flags.match(/[-0_]/g)?.at(-1) ?? "";
  return {
    has: (flag) => flags.includes(flag),
    width: width === "" ? null : Number(width),
    pad: PADS[last] ?? null,
  };
}

/**
 * Prints a moment.
 * @param beforeWidth is asked before a directive is made wider than it is, with the width in characters; it
 * may throw.
 * @returns the text; what is no directive stands in it as it is in the format, as Ruby has it.
 */
export function strftime(
  at: WallClock,
  format: string,
  beforeWidth: (width: number) => void = () => undefined,
): string {
  return format.replace(
    DIRECTIVE,
    (written, flagText: string, widthText: string, modifier: string, letter: string) => {
      if (!isDirective(modifier, letter)) return written;
      const flags = toFlags(flagText, widthText);
      if (flags.width !== null) beforeWidth(flags.width);
      if (letter === "z") return printOffset(at.offsetSeconds, flags, modifier.length);
      const digits = FRACTIONS[letter];
      if (digits !== undefined) return printFraction(at.nanosecond, flags.width ?? digits);
      return printDirective(DIRECTIVES[letter] as Directive, at, flags);
    },
  );
}

function isDirective(modifier: string, letter: string): boolean {
  if (letter === "z") return modifier === "" || modifier.startsWith(":");
  if (modifier !== "" && MODIFIED[modifier]?.includes(letter) !== true) return false;
  return Object.hasOwn(FRACTIONS, letter) || Object.hasOwn(DIRECTIVES, letter);
}

/**
 * The first thing after a `%` that is no directive; null where all are. A `%` at the end, or before white
 * space, is a text.
 */
export function findUnknownDirective(format: string): string | null {
  for (const [written, , , modifier = "", letter = ""] of format.matchAll(DIRECTIVE))
    if (/\S/.test(letter) && !isDirective(modifier, letter)) return written;
  return null;
}

/** All letters after `%` that mean something. */
export const DIRECTIVE_LETTERS: readonly string[] = [
  ...Object.keys(DIRECTIVES),
  ...Object.keys(FRACTIONS),
  "z",
];

function printDirective(directive: Directive, at: WallClock, flags: Flags): string {
  const value = directive.print(at);
  const text = inCase(String(value), directive, flags);
  if (flags.has("-") && directive.isComposed !== true) return text;
  const least = directive.width ?? 0;
  const isNegative = typeof value === "number" && value < 0;
  // A sign takes a place of its own beside a year's four, not in a width that the format gives.
  const width = flags.width ?? (isNegative && least === 4 ? 5 : least);
  const pad = flags.pad ?? directive.pad;
  return isNegative && pad === "0" ? `-${text.slice(1).padStart(width - 1, "0")}` : text.padStart(width, pad);
}

function inCase(text: string, { swap, isComposed }: Directive, flags: Flags): string {
  if (swap === "lower" && flags.has("#")) return text.toLowerCase();
  return flags.has("^") || (flags.has("#") && isComposed !== true) ? text.toUpperCase() : text;
}

/** The first `digits` digits after the point; beyond the ninth there are zeros. */
function printFraction(nanosecond: number, digits: number): string {
  return String(nanosecond).padStart(9, "0").slice(0, digits).padEnd(digits, "0");
}

/** `+0200`, `+02:00`, `+02:00:00`, and `:::` for as few of them as tell it. */
function printOffset(offset: number, flags: Flags, colons: number): string {
  const size = Math.abs(offset);
  const [minutes, seconds] = [Math.floor(size / 60) % 60, size % 60].map((part) =>
    String(part).padStart(2, "0"),
  );
  const rest = [`${minutes}`, `:${minutes}`, `:${minutes}:${seconds}`][colons] ?? shortest(minutes, seconds);
  const hours = String(Math.floor(size / 3_600));
  const sign = offset < 0 ? "-" : "+";
  const digits = Math.max((flags.width ?? 0) - rest.length - 1, 2);
  return flags.pad === " "
    ? (sign + hours).padStart(digits + 1) + rest
    : sign + hours.padStart(digits, "0") + rest;
}

function shortest(minutes = "", seconds = ""): string {
  if (Number(seconds) > 0) return `:${minutes}:${seconds}`;
  return Number(minutes) > 0 ? `:${minutes}` : "";
}
