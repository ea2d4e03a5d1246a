// Filters of lists that look at a property of each item, as Ruby's Liquid has them: an item that lacks the property is like one in which
// it is null, and no reason to fail.

import { type Context, type Liquid, toValueSync } from "liquidjs";
import { print, toJson } from "../../escape/print.ts";
import { charge } from "./filter.ts";
import { flatten } from "./lists.ts";

type Filter = (this: { context: Context }, value: unknown, ...args: unknown[]) => unknown;

/** Those that take names of properties, or expressions over an item. */
const LOOKING = [
  "where",
  "reject",
  "find",
  "find_index",
  "has",
  "group_by",
  "where_exp",
  "reject_exp",
  "find_exp",
  "find_index_exp",
  "has_exp",
  "group_by_exp",
] as const;

export function registerListFilters(liquid: Liquid): void {
  for (const name of LOOKING) {
    const original = liquid.filters[name] as unknown as Filter;
    liquid.registerFilter(name, function (this: { context: Context }, value: unknown, ...args: unknown[]) {
      const found = withoutStrictness(this.context, () =>
        toValueSync(original.call(this, value, ...args) as never),
      );
      return name.startsWith("group_by") ? joinAbsent(found as Group[]) : found;
    } as never);
  }
  liquid.registerFilter("uniq", uniq as never);
  liquid.registerFilter("compact", compact as never);
}

/** What is missing in an item is no mistake of the template's. */
function withoutStrictness<R>(context: Context, look: () => R): R {
  const inside = context as { strictVariables: boolean };
  const before = inside.strictVariables;
  inside.strictVariables = false;
  try {
    return look();
  } finally {
    inside.strictVariables = before;
  }
}

interface Group {
  readonly name: unknown;
  readonly items: unknown[];
}

/** Items without the property and those in which it is null are one group. */
function joinAbsent(groups: readonly Group[]): Group[] {
  const joined = new Map<unknown, Group>();
  for (const { name, items } of groups) {
    const key = name ?? null;
    const known = joined.get(key);
    if (known === undefined) joined.set(key, { name: key, items });
    else known.items.push(...items);
  }
  return [...joined.values()];
}

/** The first item of each kind: of each value, or of each value of a property. Objects with the same content are the same. */
function uniq(this: { context: Context }, value: unknown, property?: unknown): unknown[] {
  const kinds = new Set<unknown>();
  return itemsOf(value, this.context).filter((item) => {
    const kind = toKind(property === undefined ? item : propertyOf(item, property));
    if (kinds.has(kind)) return false;
    kinds.add(kind);
    return true;
  });
}

/** The items that are not null, or in which a property is not. */
function compact(this: { context: Context }, value: unknown, property?: unknown): unknown[] {
  return itemsOf(value, this.context).filter(
    (item) => ((property === undefined ? item : propertyOf(item, property)) ?? null) !== null,
  );
}

function toKind(value: unknown): unknown {
  return typeof value === "object" && value !== null ? `json:${toJson(value)}` : (value ?? null);
}

function propertyOf(item: unknown, property: unknown): unknown {
  const name = print(property);
  return typeof item === "object" && item !== null && Object.hasOwn(item, name)
    ? (item as Record<string, unknown>)[name]
    : undefined;
}

function itemsOf(value: unknown, context: Context): readonly unknown[] {
  const items = flatten(value);
  charge(context, items.length);
  return items;
}
