// Registers the filters, and mends what liquidjs' own would let a value break.

import { type Context, Drop, type Liquid } from "liquidjs";
import { print } from "../../escape/print.ts";
import { CAMPAIGN_FILTERS } from "./campaign-filters.ts";
import type { FilterFunction } from "./filter-entry.ts";

export function registerFilters(liquid: Liquid): void {
  for (const [name, { filter }] of Object.entries(CAMPAIGN_FILTERS))
    liquid.registerFilter(name, filter as never);
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
