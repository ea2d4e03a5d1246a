// Escaping by hand, which templates that come from elsewhere are full of: `replace: '"', '\\"'` between
// quotes in JSON, `replace: '+', '%2B'` in a query, `join: '","'` in a list. What lands is escaped for its
// place anyway, so doing both would be once too often. Undone where the template leaves no doubt of what a
// receiver would have read without our escaping; of the rest the author is warned.

import type { Place } from "./escape.ts";

/** A filter as liquidjs parses it; an argument that the template itself gives has its `content`. */
export interface WrittenFilter {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** A `replace` that writes for a place what escaping writes there. */
interface ByHand {
  /** What a receiver would read of it; null where only the author knows. */
  readonly read: string | null;
  /** Whether undoing it leaves what the receiver would have read. */
  readonly isCertain: boolean;
}

/** A filter that escapes by hand for a place; null for any other. */
export function findByHand({ name, args }: WrittenFilter, place: Place): ByHand | null {
  if (name !== "replace") return null;
  const [from, to] = args.map(contentOf);
  if (typeof from !== "string" || typeof to !== "string" || from === "" || from === to) return null;
  const read = READERS[place]?.(to) ?? null;
  if (read === null) return LOOKS_LIKE_JSON.test(to) && /^json/.test(place) ? UNCERTAIN : null;
  if (read === to) return null;
  const isBreak = LINE_BREAKS.test(from) && LINE_BREAKS.test(read);
  return { read, isCertain: read === from || isBreak };
}

const UNCERTAIN: ByHand = { read: null, isCertain: false };
const LINE_BREAKS = /^[\r\n]+$/;
/** A quote mark with too many backslashes and the like. */
const LOOKS_LIKE_JSON = /^\\+["'nrt]$/;

/** What a reader of a place makes of a text; null where it cannot be read there. */
const READERS: Partial<Record<Place, (text: string) => string | null>> = {
  jsonString: readJsonText,
  jsonValue: readJsonText,
  jsonUnknown: readJsonText,
  xml: readXml,
  xmlAttribute: readXml,
  url: readPercent,
  urlPath: readPercent,
  urlQuery: readForm,
  form: readForm,
};

function readJsonText(text: string): string | null {
  try {
    return JSON.parse(
      `"${text.replace(/[\r\n\t]/g, (character) => JSON.stringify(character).slice(1, -1))}"`,
    );
  } catch {
    return null;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function readXml(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|(\w+));/gi, (all, decimal, hex, name: string) => {
    if (name !== undefined) return ENTITIES[name] ?? all;
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal));
  });
}

function readPercent(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function readForm(text: string): string | null {
  return readPercent(text.replaceAll("+", " "));
}

/** After one of these, what is replaced is no text of the customer's but what stands for it. */
const ENCODING_FILTERS = /^(?:url_encode|cgi_escape|uri_escape)$/;

function encodesByHand(filters: readonly WrittenFilter[]): boolean {
  return filters.some(({ name }) => ENCODING_FILTERS.test(name));
}

/** Filters in front of the first that percent-encodes; all where none does. */
export function beforeEncoding<F extends WrittenFilter>(filters: readonly F[]): readonly F[] {
  const at = filters.findIndex(({ name }) => ENCODING_FILTERS.test(name));
  return at < 0 ? filters : filters.slice(0, at);
}

/**
 * An output's filters, with what its last ones write by hand read as a receiver would: then escaping writes
 * it again.
 * @returns the same list where there is nothing to undo.
 */
export function undoByHand<F extends WrittenFilter>(filters: readonly F[], place: Place): readonly F[] {
  if (encodesByHand(filters)) return filters;
  const undone = [...filters];
  for (let index = filters.length - 1; index >= 0; index--) {
    const filter = filters[index];
    const found = filter === undefined || place === "jsonValue" ? null : findByHand(filter, place);
    if (filter === undefined || found === null || !found.isCertain) break;
    undone[index] = { ...filter, args: [filter.args[0], { content: found.read }] };
  }
  return undone.every((filter, index) => filter === filters[index]) ? filters : undone;
}

/** Filters that escape by hand for a place and are not undone there. */
export function findLeftByHand(filters: readonly WrittenFilter[], place: Place): WrittenFilter[] {
  if (encodesByHand(filters)) return [];
  const undone = undoByHand(filters, place);
  return filters.filter((filter, index) => filter === undone[index] && findByHand(filter, place) !== null);
}

/**
 * How lists are joined into JSON, and what stands around that: then each item is escaped by itself, and the
 * separator is the template's.
 */
const JOINED = {
  jsonString: { place: "jsonItems", between: /^"\s*,\s*"$/, before: /([[,])\s*"$/, after: /^"\s*([\],])/ },
  jsonValue: { place: "jsonValueItems", between: /^\s*,\s*$/, before: /([[,])\s*$/, after: /^\s*([\],])/ },
} as const;

/**
 * The place of the items where an output joins them into a list of JSON: `["{{ x | join: '","' }}"]`, `[{{ x
 * | join: ", " }}]`. Null where it does not, or the text on both sides does not say so.
 */
export function findItemsPlace(
  filters: readonly WrittenFilter[],
  place: Place,
  textBefore: string,
  textAfter: string,
): "jsonItems" | "jsonValueItems" | null {
  const last = filters.at(-1);
  if (last?.name !== "join" || (place !== "jsonString" && place !== "jsonValue")) return null;
  const { place: ofItems, between, before, after } = JOINED[place];
  const separator = separatorOf(last);
  const [, opened] = before.exec(textBefore) ?? [];
  const [, closed] = after.exec(textAfter) ?? [];
  const isList = opened !== undefined && closed !== undefined && (opened === "[" || closed === "]");
  return isList && separator !== null && between.test(separator) ? ofItems : null;
}

/** Whether a filter joins with quote marks, which would end the text that the result stands in. */
export function joinsWithQuotes({ name, args }: WrittenFilter): boolean {
  return name === "join" && separatorOf({ name, args })?.includes('"') === true;
}

/** What stands between the items that a filter joins, where the template itself says it. */
export function separatorOf({ args }: WrittenFilter): string | null {
  const [separator] = args.map(contentOf);
  return typeof separator === "string" ? separator : null;
}

function contentOf(arg: unknown): unknown {
  return typeof arg === "object" && arg !== null && "content" in arg ? arg.content : undefined;
}
