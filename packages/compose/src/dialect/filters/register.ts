// Registers the filters, and mends what liquidjs' own would let a value break.

import type { Context, Liquid } from "liquidjs";
import { Encoded } from "../../escape/encoded.ts";
import { print, toWellFormed } from "../../escape/print.ts";
import { factsOf } from "../delivery-facts.ts";
import { CAMPAIGN_FILTERS, type FilterFunction } from "./campaign-filters.ts";

const DATE_FILTERS = ["date", "date_to_xmlschema", "date_to_rfc822", "date_to_string", "date_to_long_string"];
/** They throw at a lone surrogate, which has no UTF-8. */
const PERCENT_FILTERS = ["url_encode", "cgi_escape", "uri_escape"];

export function registerFilters(liquid: Liquid): void {
  for (const [name, { filter }] of Object.entries(CAMPAIGN_FILTERS))
    liquid.registerFilter(name, filter as never);
  for (const name of DATE_FILTERS) wrap(liquid, name, atDueTime);
  wrap(liquid, "slice", WITH_NUMBERS);
  for (const name of PERCENT_FILTERS)
    wrap(liquid, name, (original, _, value, args) => original(toWellFormed(print(value)), ...args));
}

/** Campaign tools take numbers in quotes. */
const WITH_NUMBERS: Wrapper = (original, _, value, args) =>
  original(value, ...args.map((arg) => (typeof arg === "string" && arg.trim() !== "" ? Number(arg) : arg)));

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
  const date = isNow ? new Date(factsOf(context).dueAt) : plain;
  return original(date, format, toZone(zone), ...rest);
};

/** `(GMT-11:00) Hawaii` as minutes west of UTC; any other zone as it is. */
function toZone(zone: unknown): unknown {
  const [, sign, hours, minutes] = /^\(GMT([+-])(\d\d):(\d\d)\)/.exec(String(zone)) ?? [];
  if (sign === undefined) return zone;
  return (sign === "-" ? 1 : -1) * (Number(hours) * 60 + Number(minutes));
}
