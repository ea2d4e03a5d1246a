// What each filter can make of its input: how large the result may get, and what it costs to make. Sizes are
// upper bounds in characters of JSON; work is in steps of about ten nanoseconds. A filter that is not listed
// here has no bound.

import { INTEGER_DIGITS_MAX } from "@postrider/shared/exact-json";

/** What is known of an argument before there is any data. */
export interface Argument {
  readonly size: number;
  /** Its value, where the template itself gives it. */
  readonly literal?: unknown;
}

export interface Grown {
  readonly size: number;
  readonly work: number;
}

export type Growth = (input: number, args: readonly Argument[]) => Grown;

const SMALL = 64;
/** Decimals of the most digits that are reckoned with are multiplied and divided in some microseconds. */
const RECKONING_WORK = 1_000;
export const UNBOUNDED: Grown = { size: Number.POSITIVE_INFINITY, work: Number.POSITIVE_INFINITY };

const sum = (args: readonly Argument[]): number => args.reduce((total, { size }) => total + size, 0);

/** The result is at most so many times what went in. */
const text =
  (times = 1, workPerCharacter = 1): Growth =>
  (input, args) => {
    const taken = input + sum(args);
    return { size: taken * times, work: taken * workPerCharacter };
  };
/** A number, a digest, a flag. */
const scalar =
  (workPerCharacter = 1): Growth =>
  (input, args) => ({ size: SMALL, work: (input + sum(args)) * workPerCharacter });
/** A number made of others: an integer may have all their digits. */
const reckoned: Growth = (input, args) => {
  const digits = Math.min(input + sum(args), 2 * INTEGER_DIGITS_MAX);
  return { size: SMALL + digits, work: input + sum(args) + RECKONING_WORK };
};
/** A short text may stand for a number of many digits. */
const summed: Growth = (input) => ({
  size: SMALL + 2 * INTEGER_DIGITS_MAX,
  work: 64 * input + RECKONING_WORK,
});
const sorted = (workPerCompare: number): Growth => {
  const grow = text();
  return (input, args) => ({
    size: grow(input, args).size,
    work: input * Math.log2(input + 2) * workPerCompare,
  });
};

/** Comparing characters is so much faster than a step. */
const COMPARED_PER_STEP = 40;

/** Looking for one text in another: at worst each character of the pattern at each place. */
export function searchWork(input: number, pattern: Argument): number {
  const length = typeof pattern.literal === "string" ? pattern.literal.length : pattern.size;
  return (input * Math.min(input, length)) / COMPARED_PER_STEP;
}

/** A filter that looks for its first argument. */
const searching =
  (grow: Growth): Growth =>
  (input, args) => {
    const { size, work } = grow(input, args);
    return { size, work: work + searchWork(input, args[0] ?? { size: 1 }) };
  };

/** A path into each item. One that the data give may be a list of names, as long as the data. */
const keyed =
  (grow: Growth): Growth =>
  (input, args) =>
    args[0] === undefined || typeof args[0].literal === "string" ? grow(input, args) : UNBOUNDED;

/**
 * Every occurrence of the pattern, which may be empty, becomes the replacement: known only where both stand
 * in the template.
 */
const replaced: Growth = (input, [pattern, replacement]) => {
  if (
    typeof pattern?.literal !== "string" ||
    (replacement !== undefined && replacement.literal === undefined)
  )
    return UNBOUNDED;
  const times = 1 + String(replacement?.literal ?? "").length / Math.max(1, pattern.literal.length);
  return { size: (input + SMALL) * times, work: input * times + searchWork(input, pattern) };
};

/** The separator stands between any two items, of which there may be half as many as characters. */
const joined: Growth = (input, [separator]) => {
  if (separator !== undefined && typeof separator.literal !== "string") return UNBOUNDED;
  const times = 1 + String(separator?.literal ?? " ").length;
  return { size: input * times, work: input * times };
};

/** Intl makes a formatter for each locale or zone that data name: half a millisecond. */
const FORMATTER_WORK = 60_000;
/**
 * What one does that exists: that of a zone which the template names was made when the action was compiled.
 */
const FORMATTED_WORK = 600;

/**
 * A width in the format, a number before the directive's letter, is a size that the template or the data
 * would choose freely.
 */
const formatted: Growth = (input, [format, zone]) => {
  const pattern = format === undefined ? "" : format.literal;
  if (typeof pattern !== "string" || /%[^A-Za-z%]*\d/.test(pattern)) return UNBOUNDED;
  const inZone = zone?.literal === undefined ? FORMATTER_WORK : FORMATTED_WORK;
  return {
    size: input + SMALL + pattern.length * SMALL,
    work: 2_000 + (zone === undefined ? 0 : inZone) + input + pattern.length * 100,
  };
};

/** A date in a form of its own; what is no date stays what it is. */
const dated: Growth = (input) => ({ size: input + SMALL, work: 2_000 + input });

/** Indented JSON of deeply nested data grows with the square of its depth. */
const asJson: Growth = (input, args) => (args.length === 0 ? text(6, 2)(input, args) : UNBOUNDED);

/**
 * `item.a > 1 and item.b == "x"`: names that begin with the item's, literals, and comparisons that look at
 * each once.
 */
function isOfItemAlone(expression: string, item: unknown): boolean {
  const names = expression.replace(/"[^"]*"|'[^']*'/g, "").match(/[A-Za-z_][\w-]*(?:\.[\w-]+)*/g) ?? [];
  return (
    !/[|[\]]|\.\./.test(expression) &&
    names.every(
      (name) => /^(?:and|or|not|true|false|nil|null|empty|blank)$/.test(name) || name.split(".")[0] === item,
    )
  );
}

/**
 * An expression for each item; what it may do is known only where the template gives it, and it reads the
 * item alone.
 */
const expressed: Growth = (input, [item, expression]) =>
  typeof expression?.literal === "string" && isOfItemAlone(expression.literal, item?.literal)
    ? { size: input, work: 20_000 + input * (200 + expression.literal.length) }
    : UNBOUNDED;

const localized: Growth = (input) => ({ size: 256 + input, work: FORMATTER_WORK + input * 10 });

const GROUPS: readonly (readonly [growth: Growth, names: string])[] = [
  [text(), "append prepend concat push unshift default compact reverse first last pop shift slice limit"],
  [text(), "upcase downcase capitalize strip lstrip rstrip strip_newlines squish normalize_whitespace raw"],
  [text(), "truncate truncatewords"],
  [searching(text()), "remove remove_first remove_last replace_first replace_last"],
  [keyed(text()), "uniq"],
  [keyed(text(3, 4)), "where where_not reject map find group_by json_array_uniq"],
  [searching(text(4, 4)), "split"],
  [text(3, 4), "base64_decode url_decode"],
  [text(3, 4), "base64_url_safe_decode from_json hex_base64 base64 base64_encode base64_url_safe_encode"],
  [text(3, 4), "titlecase slugify strip_html"],
  [text(9, 6), "url_encode cgi_escape uri_escape"],
  [text(6, 3), "escape escape_once xml_escape htmlencode newline_to_br array_to_sentence_string"],
  [scalar(), "size random"],
  [reckoned, "abs at_least at_most ceil divided_by floor minus plus modulo times round to_integer"],
  [keyed(scalar()), "has find_index"],
  [keyed(summed), "sum"],
  [scalar(4), "md5 sha1 sha256 hmac_sha1 hmac_sha256 number_of_words"],
  [text(2), "pluralize"],
  [scalar(20), "add_day add_month add_year subtract_day subtract_month subtract_year"],
  [localized, "format_number currency rounded_currency timezone"],
  [sorted(300), "sample"],
  [keyed(sorted(4)), "sort"],
  [keyed(sorted(40)), "sort_natural"],
  [replaced, "replace"],
  [joined, "join"],
  [expressed, "where_exp reject_exp group_by_exp has_exp find_exp find_index_exp"],
  [formatted, "date"],
  [dated, "date_to_xmlschema date_to_rfc822 date_to_string date_to_long_string"],
  [asJson, "json jsonify to_json inspect"],
];

const GROWTHS: ReadonlyMap<string, Growth> = new Map(
  GROUPS.flatMap(([growth, names]) => names.split(" ").map((name) => [name, growth] as const)),
);

/** How a filter grows what it is given. */
export function growthOf(filter: string): Growth {
  return GROWTHS.get(filter) ?? (() => UNBOUNDED);
}
