// Zones, in every way that templates and data write them. What a named zone adds to UTC comes from Node's own
// copy of the tz database; nothing here asks for the zone of the machine.

import { print } from "../../escape/print.ts";
import { findAbbreviation } from "./abbreviations.ts";
import { findCampaignZone } from "./campaign-zones.ts";

export interface Zone {
  /** Seconds that it adds to UTC at a time in Unix seconds. */
  offsetAt(unixSeconds: number): number;
  /** What `%Z` calls it while it adds so many seconds. */
  nameAt(offsetSeconds: number): string;
}

/** What messages say may stand for a zone. */
const FORMS =
  'write a name such as Europe/Paris or "Eastern Time (US & Canada)", or an offset such as +02:00 (a number means minutes west of UTC)';

/** Farther from UTC is no place on earth; the tz database has 15:13:42 at most. */
const OFFSET_SECONDS_MAX = 16 * 3_600;

export const UTC: Zone = { offsetAt: () => 0, nameAt: () => "UTC" };

/**
 * Reads a zone. A number, or a text of up to three digits, means minutes *west* of UTC, as liquidjs has it;
 * an offset with its sign means what ISO 8601 says: east.
 * @throws Error that names the value and the forms that are known.
 */
export function readZone(value: unknown): Zone {
  const zone = typeof value === "number" ? fixed(-value * 60) : findZone(print(value).trim());
  if (zone === null)
    throw new Error(`${JSON.stringify(print(value).slice(0, 60))} is no time zone; ${FORMS}`);
  return zone;
}

function findZone(text: string): Zone | null {
  if (/^(?:z|utc|etc\/utc)$/i.test(text)) return UTC;
  if (/^[+-]?\d{1,3}$/.test(text)) return ofDigits(text);
  const offset = readOffset(text);
  if (offset !== null) return fixed(offset);
  const label = /^\((?:GMT|UTC)(?<offset>[^)]*)\)\s*(?<name>.*)$/i.exec(text)?.groups;
  // The name says more than the label's offset, which is the one of winter.
  if (label?.["name"] === "") return fixed(readOffset(label["offset"] || "+00") ?? Number.NaN);
  return findNamed(label?.["name"] ?? text);
}

/**
 * `60`, `-330`: minutes west of UTC. `+02`, `-05`: hours, since no zone is off by so few minutes; `+530`
 * might be either.
 */
function ofDigits(text: string): Zone | null {
  const count = Number(text);
  if (/^[+-]\d\d$/.test(text) && Math.abs(count) <= 14) return fixed(count * 3_600);
  return count % 15 === 0 ? fixed(-count * 60) : null;
}

/**
 * `(UTC+01:00) Amsterdam, Berlin, Bern, …` lists places that share a zone: the first that is known says
 * which.
 */
function findNamed(text: string): Zone | null {
  const name = text.replaceAll("&amp;", "&").replace(/\s+/g, " ");
  for (const one of [name, ...name.split(", ")]) {
    const zone = named(findCampaignZone(one) ?? one);
    if (zone !== null) return zone;
  }
  return null;
}

/** `+02:00`, `+0200`, `+02`, `UTC+2`, `GMT-5:30`: seconds east of UTC; null for what is no offset. */
export function readOffset(text: string): number | null {
  const [, sign, hours, minutes = 0, seconds = 0] =
    /^(?:utc|gmt|ut)?\s?([+\-\u2212])(\d\d?)(?::?([0-5]\d)(?::?([0-5]\d))?)?$/i.exec(text) ?? [];
  if (sign === undefined) return null;
  const offset = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  if (offset > OFFSET_SECONDS_MAX) return null;
  return sign === "+" ? offset : -offset;
}

function fixed(offset: number): Zone | null {
  if (!Number.isInteger(offset) || Math.abs(offset) > OFFSET_SECONDS_MAX) return null;
  return offset === 0 ? UTC : { offsetAt: () => offset, nameAt: toOffsetName };
}

/**
 * Three letters that Node's ICU takes for zones that nobody means by them: BST for Bangladesh, AST for
 * Alaska, NST for New Zealand.
 */
const MISLEADING = /^(?:act|aet|agt|art|ast|bet|bst|cnt|ctt|ect|iet|mit|net|nst|plt|pnt|prt|sst|vst)$/;

/** Zones that were asked for, by their names in lower case: at most as many as the tz database has. */
const known = new Map<string, Zone>();

function named(name: string): Zone | null {
  const key = name.toLowerCase();
  const before = known.get(key);
  if (before !== undefined) return before;
  // Offsets have been read; some versions of Node would take them, too.
  if (!/^[a-z]/.test(key) || key.length > 40 || MISLEADING.test(key)) return null;
  try {
    const zone = createNamed(name);
    known.set(key, zone);
    return zone;
  } catch {
    return null;
  }
}

/** @throws RangeError for what is no name of a zone. */
function createNamed(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  return {
    offsetAt(unixSeconds) {
      const parts = format.formatToParts(unixSeconds * 1_000);
      const text = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
      // "GMT" alone is 0.
      const [, sign, hours, minutes, seconds = 0] =
        /([+\-\u2212])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
      if (sign === undefined) return 0;
      return (sign === "+" ? 1 : -1) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds));
    },
    nameAt: (offset) => findAbbreviation(timeZone, offset) ?? toShortName(offset),
  };
}

/** `+0530`. */
function toOffsetName(offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / 60);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

/** `-03`, `+0530`: what the tz database calls a zone for which English has no letters. */
function toShortName(offset: number): string {
  return toOffsetName(offset).replace(/00$/, "");
}
