// Filters of lists. A list in a list is part of it, as in Ruby's Liquid; anything else is a list of one, and
// nothing is none.

import { type Context, Drop, toValueSync } from "liquidjs";
import { plain, print } from "../../escape/print.ts";
import { compareTexts, countCharacters, firstCharacter, lastCharacter, pieceOf } from "../characters.ts";
import { isAbsent } from "../operators.ts";
import { charge, type FilterEntry, type FilterFunction, integer } from "./filter-entry.ts";

/** The items, those of lists in the list included: not to be changed, since they may be the list itself. */
export function flatten(value: unknown): readonly unknown[] {
  const given = value instanceof Drop ? plain(value) : value;
  if (isAbsent(given)) return [];
  if (!Array.isArray(given)) return [given];
  return given.some(Array.isArray) ? given.flat(Number.POSITIVE_INFINITY) : given;
}

/** A filter of a list's items, which count against the rendering's limit of memory. */
export function ofItems(
  work: (items: readonly unknown[], context: Context, ...args: unknown[]) => unknown,
): FilterFunction {
  return function (value, ...args) {
    const items = flatten(value);
    charge(this.context, items.length);
    return work(items, this.context, ...args);
  };
}

/** An item's own attribute, by its path; nothing where there is none. */
export function attributeOf(context: Context, item: unknown, path: unknown): unknown {
  return toValueSync(context._getFromScope(item, print(path), false) as never);
}

function joined(items: readonly unknown[], separator: string, context: Context): string {
  const texts = items.map(print);
  let length = 0;
  for (const text of texts) length += text.length + separator.length;
  charge(context, length);
  return texts.join(separator);
}

function sentence(items: readonly unknown[], context: Context, connector: unknown = "and"): string {
  const word = print(connector);
  if (items.length < 3) return joined(items, ` ${word} `, context);
  return `${joined(items.slice(0, -1), ", ", context)}, ${word} ${print(items.at(-1))}`;
}

function kindOf(value: unknown): string {
  if (typeof value === "bigint") return "number";
  if (typeof value === "string") return "text";
  return Array.isArray(value) ? "list" : typeof value;
}

/** Nothing comes last. @throws Error for two that have no order. */
function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (isAbsent(a) || isAbsent(b)) return isAbsent(a) ? 1 : -1;
  const [kind, other] = [kindOf(a), kindOf(b)];
  if (kind === "text" && other === "text") return compareTexts(a as string, b as string);
  if (kind === "number" && other === "number") return (a as number) < (b as number) ? -1 : 1;
  throw new Error(`sort: a ${kind} and a ${other} have no order`);
}

function sortedBy(items: readonly unknown[], keyOf: (item: unknown) => unknown): unknown[] {
  return items
    .map((item) => ({ item, key: keyOf(item) ?? null }))
    .sort((a, b) => (a.key === b.key ? 0 : compare(a.key, b.key)))
    .map(({ item }) => item);
}

const sort = ofItems((items, context, attribute) => {
  if (!isAbsent(attribute)) return sortedBy(items, (item) => attributeOf(context, item, attribute));
  // A list with nulls in it keeps its order, as in the campaign tools.
  return items.some(isAbsent) ? items : sortedBy(items, (item) => item);
});

const sortNatural = ofItems((items, context, attribute) =>
  sortedBy(items, (item) => {
    const key = isAbsent(attribute) ? item : attributeOf(context, item, attribute);
    return isAbsent(key) ? null : print(key).toLowerCase();
  }),
);

function sizeOf(value: unknown): number {
  const given = value instanceof Drop ? plain(value) : value;
  if (typeof given === "string") return countCharacters(given);
  if (Array.isArray(given)) return given.length;
  return typeof given === "object" && given !== null ? Object.keys(given).length : 0;
}

/** From a place, from the end where negative; of a list, or of the text that anything else prints as. */
const slice: FilterFunction = function (value, from, length) {
  const given = Array.isArray(value) ? value : print(value);
  const size = Array.isArray(given) ? given.length : countCharacters(given);
  const place = integer(from, "slice");
  const start = place < 0 ? size + place : place;
  const count = integer(length === false ? null : length, "slice", 1);
  const isOutside = start < 0 || count < 0;
  charge(this.context, isOutside ? 0 : Math.min(count, size));
  if (Array.isArray(given)) return isOutside ? [] : given.slice(start, start + count);
  return isOutside ? "" : pieceOf(given, start, count);
};

export const LIST_FILTERS: Readonly<Record<string, FilterEntry>> = {
  join: {
    does: "The items as one text; those of lists in the list, too.",
    takes: "separator?",
    example: ["{{ '[[1,2],[3]]' | from_json | join: '-' }}", "1-2-3"],
    filter: ofItems((items, context, ...args) =>
      joined(items, args.length === 0 ? " " : print(args[0]), context),
    ),
  },
  array_to_sentence_string: {
    does: "A list in words.",
    takes: "connector?",
    example: ["{{ 'a,b,c' | split: ',' | array_to_sentence_string: 'or' }}", "a, b, or c"],
    filter: ofItems(sentence),
  },
  first: {
    does: "The first item, or the first character of a text.",
    example: ["{{ 'a,b' | split: ',' | first }}", "a"],
    filter: (value) => (Array.isArray(value) ? value[0] : textOrNothing(value, firstCharacter)),
  },
  last: {
    does: "The last item, or the last character of a text.",
    example: ["{{ 'a,b' | split: ',' | last }}", "b"],
    filter: (value) => (Array.isArray(value) ? value.at(-1) : textOrNothing(value, lastCharacter)),
  },
  size: {
    does: "How many characters a text has, items a list, attributes an object.",
    example: ["{{ 'abc' | size }}", "3"],
    filter: sizeOf,
  },
  slice: {
    does: "A piece of a text or list, from the end where negative.",
    takes: "from, length?",
    example: ["{{ 'abcdef' | slice: '-4', 3 }}", "cde"],
    filter: slice,
  },
  reverse: {
    does: "The other way round.",
    example: ["{{ 'a,b' | split: ',' | reverse | join: '' }}", "ba"],
    filter: ofItems((items) => [...items].reverse()),
  },
  concat: {
    does: "Two lists as one.",
    takes: "list",
    example: ["{% assign x = 'a,b' | split: ',' %}{{ x | concat: x | join: '' }}", "abab"],
    filter: ofItems((items, context, other) => {
      const others = Array.isArray(other) ? other : flatten(other);
      charge(context, others.length);
      return [...items, ...others];
    }),
  },
  map: {
    does: "One attribute of each.",
    takes: "attribute",
    example: ["{{ '[{\"a\":1},{\"a\":2}]' | from_json | map: 'a' | join: '' }}", "12"],
    filter: ofItems((items, context, attribute) =>
      items.map((item) => attributeOf(context, item, attribute)),
    ),
  },
  sort: {
    does: "Sorted, upper case first.",
    takes: "attribute?",
    example: ["{{ 'b,C,a' | split: ',' | sort | join: '' }}", "Cab"],
    filter: sort,
  },
  sort_natural: {
    does: "Sorted, whatever the case.",
    takes: "attribute?",
    example: ["{{ 'b,C,a' | split: ',' | sort_natural | join: '' }}", "abC"],
    filter: sortNatural,
  },
};

function textOrNothing(value: unknown, of: (text: string) => string): string | null {
  return typeof value === "string" && value !== "" ? of(value) : null;
}
