// What each filter takes behind its colon, as the tables that define the filters have it, and what it hears
// of the arguments that it is given. A filter is called with nothing that it does not take.

import { CAMPAIGN_FILTERS } from "./campaign-filters.ts";
import { LIQUIDJS_FILTERS } from "./liquidjs-filters.ts";

export interface Takes {
  /** What its places are for, in their order. */
  readonly places: readonly string[];
  /** How many of these it cannot do without. */
  readonly least: number;
  readonly names: readonly string[];
  readonly failsWithMore: boolean;
}

/** An argument, or one behind a name. */
export type Argument<T> = T | readonly [name: string, value: T];

const TAKES = new Map<string, Takes>([
  ...Object.entries(CAMPAIGN_FILTERS).map(
    ([name, { takes = "", failsWithMore = false }]) => [name, read(takes, failsWithMore)] as const,
  ),
  ...Object.entries(LIQUIDJS_FILTERS).map(([name, [, , , takes = ""]]) => [name, read(takes)] as const),
]);

/** Null for a filter that there is not, which may stand in a cycle; a test holds the tables to the engine. */
export function takesOf(filter: string): Takes | null {
  return TAKES.get(filter) ?? null;
}

function read(written: string, failsWithMore = false): Takes {
  const words = written === "" ? [] : written.split(", ");
  const places = words.filter((word) => !word.endsWith(":"));
  return {
    places: places.map((word) => word.replace("?", "")),
    least: places.filter((word) => !word.endsWith("?")).length,
    names: words.filter((word) => word.endsWith(":")).map((word) => word.slice(0, -1)),
    failsWithMore,
  };
}

export function isNamed<T>(argument: Argument<T>): argument is readonly [string, T] {
  return Array.isArray(argument);
}

/**
 * The arguments that a filter hears: its places first, then the names that it knows. (liquidjs hands over a
 * name with its value as a list of the two, which a filter would take for one of the customer's.)
 */
export function heardBy<T>(
  filter: string,
  given: readonly Argument<T>[],
): readonly Argument<T | undefined>[] {
  const takes = takesOf(filter);
  if (takes === null) return given;
  const { places, least, names, failsWithMore } = takes;
  const placed: (T | undefined)[] = given.filter((argument): argument is T => !isNamed(argument));
  const named = given.filter((argument) => isNamed(argument) && names.includes(argument[0]));
  // In place of a name that it does not know stands nothing, where it cannot do without.
  const needed = named.length > 0 ? places.length : Math.min(least, given.length);
  while (placed.length < needed) placed.push(undefined);
  return [...(failsWithMore ? placed : placed.slice(0, places.length)), ...named];
}
