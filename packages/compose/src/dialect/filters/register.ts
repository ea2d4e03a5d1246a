// Registers the filters, and mends what liquidjs' own would let a value break.

import type { Context, Liquid } from "liquidjs";
import { print, toWellFormed } from "../../escape/print.ts";
import { CAMPAIGN_FILTERS } from "./campaign-filters.ts";
import type { FilterFunction } from "./filter.ts";

/** They throw at a lone surrogate, which has no UTF-8. */
const PERCENT_FILTERS = ["url_encode", "cgi_escape", "uri_escape"];

export function registerFilters(liquid: Liquid): void {
  for (const [name, { filter }] of Object.entries(CAMPAIGN_FILTERS))
    liquid.registerFilter(name, filter as never);
  wrap(liquid, "slice", WITH_NUMBERS);
  wrap(liquid, "sort", LEAVING_NULLS);
  for (const name of ["divided_by", "modulo"]) wrap(liquid, name, notByZero(name));
  for (const name of PERCENT_FILTERS)
    wrap(liquid, name, (original, _, value, args) => original(toWellFormed(print(value)), ...args));
}

/** Campaign tools take numbers in quotes. */
const WITH_NUMBERS: Wrapper = (original, _, value, args) =>
  original(value, ...args.map((arg) => (typeof arg === "string" && arg.trim() !== "" ? Number(arg) : arg)));

/** A list with nulls in it keeps its order, as in the campaign tools. */
const LEAVING_NULLS: Wrapper = (original, _, value, args) =>
  Array.isArray(value) && args.length === 0 && value.some((item) => item === null || item === undefined)
    ? value
    : original(value, ...args);

/** Infinity and NaN would be sent as texts, or as null in JSON. */
const notByZero =
  (name: string): Wrapper =>
  (original, _, value, args) => {
    if (Number(args[0]) === 0) throw new Error(`${name}: by zero`);
    return original(value, ...args);
  };

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
