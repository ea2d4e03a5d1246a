// Registers the filters, and mends what liquidjs' own would let a value break.

import { type Context, Drop, type Liquid } from "liquidjs";
import { Encoded } from "../../escape/encoded.ts";
import { print } from "../../escape/print.ts";
import { factsOf } from "../delivery-facts.ts";
import { CAMPAIGN_FILTERS } from "./campaign-filters.ts";
import type { FilterFunction } from "./filter.ts";

const DATE_FILTERS = ["date", "date_to_xmlschema", "date_to_rfc822", "date_to_string", "date_to_long_string"];

export function registerFilters(liquid: Liquid): void {
  for (const [name, { filter }] of Object.entries(CAMPAIGN_FILTERS))
    liquid.registerFilter(name, filter as never);
  for (const name of DATE_FILTERS) wrap(liquid, name, atDueTime);
  for (const name of TAKING_TEXTS) wrap(liquid, name, WITH_TEXTS);
  wrap(liquid, "default", WITH_EMPTY_OBJECTS);
}

/** Filters of liquidjs that would take an object or list for JavaScript's idea of its text. */
const TAKING_TEXTS = "squish number_of_words sha256 hmac_sha256 slugify strip lstrip rstrip".split(" ");

const WITH_TEXTS: Wrapper = (original, _, value, args) =>
  original(
    ...([value, ...args].map((given) => (typeof given === "object" ? print(given) : given)) as [unknown]),
  );

/** An object without attributes is as empty as a list without items. */
const WITH_EMPTY_OBJECTS: Wrapper = (original, _, value, args) =>
  original(isEmptyObject(value) ? null : value, ...args);

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && !(value instanceof Drop) && Object.keys(value).length === 0
  );
}

type Wrapper = (
  original: (value: unknown, ...args: unknown[]) => unknown,
  context: Context,
  value: unknown,
  args: readonly unknown[],
) => unknown;

function wrap(liquid: Liquid, name: string, wrapper: Wrapper): void {
  const original = liquid.filters[name] as FilterFunction;
  liquid.registerFilter(name, function (this: { context: Context }, value: unknown, ...args: unknown[]) {
    return wrapper(original.bind(this), this.context, value, args);
  } as never);
}

/** Now is when the delivery was due; zones may be written as campaign tools list them. */
const atDueTime: Wrapper = (original, context, value, [format, zone, ...rest]) => {
  const plain = value instanceof Encoded ? value.text : value;
  const isNow = plain === "now" || plain === "today";
  const date = isNow ? new Date(factsOf(context).dueAt) : toUtc(plain);
  return original(date, toFormat(format), toZone(zone), ...rest);
};

const ISO_WITHOUT_ZONE = /^\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*$/;
const ENDS_WITH_ZONE = /(?:Z|UTC?|GMT|[+-]\d{1,2}:?\d\d|\b[ECMP][SD]T|\))\s*$/i;

/** A date's text that names no zone is meant in UTC: JavaScript would take the zone of the machine that sends the request. */
function toUtc(value: unknown): unknown {
  if (typeof value !== "string" || /^\s*-?[\d.]+\s*$/.test(value) || ENDS_WITH_ZONE.test(value)) return value;
  const [, day, time] = ISO_WITHOUT_ZONE.exec(value) ?? [];
  const at = Date.parse(day === undefined ? `${value} UTC` : `${day}T${time}Z`);
  return Number.isNaN(at) ? value : new Date(at);
}

/** Directives of strftime that stand for others, and that liquidjs does not know. */
const COMPOSED: Readonly<Record<string, string>> = { "%F": "%Y-%m-%d", "%R": "%H:%M", "%T": "%H:%M:%S" };

function toFormat(format: unknown): unknown {
  return typeof format === "string"
    ? format.replace(/%[%FRT]/g, (directive) => COMPOSED[directive] ?? directive)
    : format;
}

/** `(GMT-11:00) Hawaii` as minutes west of UTC, and minutes as a number; any other zone as it is. */
function toZone(zone: unknown): unknown {
  if (typeof zone === "string" && /^[+-]?\d+$/.test(zone.trim())) return Number(zone);
  const [, sign, hours, minutes] = /^\(GMT([+-])(\d\d):(\d\d)\)/.exec(String(zone)) ?? [];
  if (sign === undefined) return zone;
  return (sign === "-" ? 1 : -1) * (Number(hours) * 60 + Number(minutes));
}
