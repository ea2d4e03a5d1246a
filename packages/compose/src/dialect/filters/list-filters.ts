// Filters of lists that look at a property of each item, as Ruby's Liquid has them: an item that lacks the
// property is like one in which it is null, and no reason to fail.

import { type Context, isTruthy, type Liquid, toValue, toValueSync, Value } from "liquidjs";
import { print, toJson } from "../../escape/print.ts";
import { compileValue } from "../../render/value.ts";
import { isAbsent } from "../operators.ts";
import { withoutStrictness } from "../strictness.ts";
import { charge } from "./filter-entry.ts";
import { ofItems } from "./lists.ts";

type Filter = (this: { context: Context }, value: unknown, ...args: unknown[]) => unknown;

/** Those that take the name of a property, and what it is to be equal to. */
const BY_PROPERTY = ["where", "reject", "find", "find_index", "has", "group_by", "group_by_exp"] as const;

/**
 * Those that take an expression over an item, by what they make of the items and of the question whether it
 * is true of one.
 */
const BY_EXPRESSION: Readonly<Record<string, (items: readonly unknown[], isMet: Test) => unknown>> = {
  where_exp: (items, isMet) => items.filter(isMet),
  reject_exp: (items, isMet) => items.filter((item) => !isMet(item)),
  find_exp: (items, isMet) => items.find(isMet),
  find_index_exp: (items, isMet) => {
    const index = items.findIndex(isMet);
    return index < 0 ? undefined : index;
  },
  has_exp: (items, isMet) => items.some(isMet),
};

type Test = (item: unknown) => boolean;

export function registerListFilters(liquid: Liquid): void {
  for (const name of BY_PROPERTY) {
    const original = liquid.filters[name] as unknown as Filter;
    liquid.registerFilter(name, function (this: { context: Context }, value: unknown, ...args: unknown[]) {
      // Nil is no value to be equal to: it asks whether the property is true, as if it were left out.
      const given = args.map((arg, index) => {
        if (isAbsent(arg)) return undefined;
        // The name of a property, and both of group_by_exp, are texts; all else is a value to be equal to.
        const isText = index === 0 || name === "group_by_exp";
        return isText && typeof arg === "object" ? print(arg) : arg;
      });
      const found = withoutStrictness(this.context, () =>
        toValueSync(original.call(this, value, ...given) as never),
      );
      return name.startsWith("group_by") ? joinAbsent(found as Group[]) : found;
    } as never);
  }
  for (const [name, pick] of Object.entries(BY_EXPRESSION)) {
    const filter: Filter = function (value, item, expression) {
      const isMet = toTest(new Value(print(expression), liquid), print(item), this.context);
      return withoutStrictness(this.context, () => pick(asWritten(value, this.context), isMet));
    };
    liquid.registerFilter(name, filter as never);
  }
  liquid.registerFilter("uniq", uniq as never);
  liquid.registerFilter("compact", compact as never);
}

/** Whether an expression is true of an item, in Liquid's own idea of truth. */
function toTest(expression: Value, name: string, context: Context): Test {
  const evaluate = compileValue(expression);
  return (item) => {
    context.push({ [name]: item });
    try {
      return isTruthy(toValue(evaluate(context)), context);
    } finally {
      context.pop();
    }
  };
}

interface Group {
  readonly name: unknown;
  readonly items: unknown[];
}

/** Items without the property and those in which it is null are one group. */
function joinAbsent(groups: readonly Group[]): Group[] {
  const joined = new Map<unknown, Group>();
  for (const { name, items } of groups) {
    const key = isAbsent(name) ? null : name;
    const known = joined.get(key);
    if (known === undefined) joined.set(key, { name: key, items });
    else known.items.push(...items);
  }
  return [...joined.values()];
}

/**
 * The first item of each kind: of each value, or of each value of a property. Objects with the same content
 * are the same.
 */
const uniq = ofItems((items, _, property) => {
  const kinds = new Set<unknown>();
  return items.filter((item) => {
    const kind = toKind(isAbsent(property) ? item : propertyOf(item, property));
    if (kinds.has(kind)) return false;
    kinds.add(kind);
    return true;
  });
});

/** The items that are not null, or in which a property is not. */
const compact = ofItems((items, _, property) =>
  items.filter((item) => !isAbsent(isAbsent(property) ? item : propertyOf(item, property))),
);

function toKind(value: unknown): unknown {
  return typeof value === "object" && value !== null ? `json:${toJson(value)}` : (value ?? null);
}

function propertyOf(item: unknown, property: unknown): unknown {
  const name = print(property);
  return typeof item === "object" && item !== null && Object.hasOwn(item, name)
    ? (item as Record<string, unknown>)[name]
    : undefined;
}

/** Items that are lists stay lists: an expression may ask for what is in them. */
function asWritten(value: unknown, context: Context): readonly unknown[] {
  if (isAbsent(value)) return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  charge(context, items.length);
  return items;
}
