// Filters of campaign templates that liquidjs does not have, or has otherwise. One table: what registers them
// is what docs/dialect.md shows, and what the tests run.

import { createHash, createHmac } from "node:crypto";
import { parseExact } from "@postrider/shared/exact-json";
import type { Context } from "liquidjs";
import { print, toJson } from "../../escape/print.ts";
import { drawBytes } from "../delivery-facts.ts";
import { toNumber } from "../to-number.ts";
import { DATE_FILTERS } from "./date-filters.ts";
import { ENCODING_FILTERS } from "./encoding-filters.ts";
import { amount, type FilterEntry, type FilterFunction, number } from "./filter-entry.ts";
import { LIST_FILTERS } from "./lists.ts";
import { NUMBER_FILTERS } from "./number-filters.ts";
import { formatMoney, formatNumber } from "./number-formats.ts";
import { TEXT_FILTERS } from "./text-filters.ts";

const text = (value: unknown): string => print(value);
const digest =
  (algorithm: string): FilterFunction =>
  (value) =>
    createHash(algorithm).update(text(value)).digest("hex");
const hmac =
  (algorithm: string): FilterFunction =>
  (value, key) =>
    createHmac(algorithm, text(key)).update(text(value)).digest("hex");
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const money =
  (filter: string, digits: number | null): FilterFunction =>
  (value, locale = "en", currency = "USD") =>
    formatMoney(amount(value, filter), text(locale) || "en", text(currency) || "USD", digits);

function draw(context: Context, below: number): number {
  return drawBytes(context, "filter").readUIntBE(0, 6) % below;
}

function asJson(value: unknown, indent?: unknown): string {
  return toJson(value, typeof indent === "number" || typeof indent === "string" ? indent : undefined);
}

/** An item's own attribute: what it inherits is none of the data. */
function attributeOf(item: unknown, key: unknown): unknown {
  const name = text(key);
  return typeof item === "object" && item !== null && Object.hasOwn(item, name)
    ? (item as Record<string, unknown>)[name]
    : undefined;
}

function uniqueBy(value: unknown, key: unknown): unknown[] {
  const seen = new Set<string>();
  return list(value).filter((item) => {
    const mark = toJson(attributeOf(item, key) ?? null);
    return !seen.has(mark) && seen.add(mark);
  });
}

export const CAMPAIGN_FILTERS: Readonly<Record<string, FilterEntry>> = {
  pluralize: {
    does: "The count with the word that goes with it.",
    takes: "one, many?",
    example: ["{{ 3 | pluralize: 'item', 'items' }}", "3 items"],
    filter: (value, one, many = `${text(one)}s`) =>
      `${text(value)} ${toNumber(value) === 1 ? text(one) : text(many)}`,
  },
  md5: {
    does: "MD5 of the text, in hex.",
    example: ["{{ 'a' | md5 }}", "0cc175b9c0f1b6a831c399e269772661"],
    filter: digest("md5"),
  },
  sha1: {
    does: "SHA-1 of the text, in hex.",
    example: ["{{ 'a' | sha1 }}", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"],
    filter: digest("sha1"),
  },
  hmac_sha1: {
    does: "HMAC-SHA-1 of the text under a key, in hex.",
    takes: "key",
    example: ["{{ 'a' | hmac_sha1: 'k' | truncate: 8, '' }}", "40e7d441"],
    filter: hmac("sha1"),
  },
  hex_base64: {
    does: "Hex digits as Base64.",
    example: ["{{ '00ff' | hex_base64 }}", "AP8="],
    filter: (value) => Buffer.from(text(value), "hex").toString("base64"),
  },
  format_number: {
    does: "A number as a locale writes it (English without one, or for one that is not known).",
    takes: "locale?",
    example: ["{{ 1234567.5 | format_number: 'de' }}", "1.234.567,5"],
    filter: (value, locale = "en") => formatNumber(amount(value, "format_number"), text(locale) || "en"),
  },
  currency: {
    does: "An amount as a locale writes it; locale and currency code may follow.",
    takes: "locale?, code?",
    example: ["{{ 9.5 | currency: 'en', 'EUR' }}", "€9.50"],
    filter: money("currency", null),
  },
  rounded_currency: {
    does: "An amount in whole units.",
    takes: "locale?, code?",
    example: ["{{ 9.5 | rounded_currency }}", "$10"],
    filter: money("rounded_currency", 0),
  },
  json_array_uniq: {
    does: "Objects whose key has not come before.",
    takes: "key",
    example: [
      '{{ \'[{"a":1},{"a":1},{"a":2}]\' | from_json | json_array_uniq: \'a\' }}',
      '[{"a":1},{"a":2}]',
    ],
    filter: uniqueBy,
  },
  limit: {
    does: "The first so many of a list.",
    takes: "count",
    example: ["{{ 'a,b,c' | split: ',' | limit: 2 | join: '' }}", "ab"],
    filter: (value, count) => list(value).slice(0, Math.max(0, number(count, "limit"))),
  },
  where_not: {
    does: "Objects whose key has another value.",
    takes: "key, value",
    example: ["{{ '[{\"a\":1},{\"a\":2}]' | from_json | where_not: 'a', 1 }}", '[{"a":2}]'],
    filter: (value, key, other) => list(value).filter((item) => attributeOf(item, key) !== other),
  },
  sample: {
    does: "An item, or so many, by the delivery's own chance.",
    takes: "count?",
    example: ["{{ 'a,a' | split: ',' | sample }}", "a"],
    filter(value, count = 1) {
      const items = Array.isArray(value) ? value : [...text(value)];
      const drawn = items
        .map((item: unknown) => ({ item, chance: draw(this.context, 2 ** 48) }))
        .sort((a, b) => a.chance - b.chance)
        .map(({ item }) => item);
      return count === 1 ? drawn[0] : drawn.slice(0, number(count, "sample"));
    },
  },
  random: {
    does: "A number from 0 to one less than this, by the delivery's own chance.",
    example: ["{{ 1 | random }}", "0"],
    filter(value) {
      return draw(this.context, Math.max(1, Math.floor(number(value, "random"))));
    },
  },
  json: {
    does: "The value as JSON; null where there is none.",
    takes: "indent?",
    example: ["{{ 'a\"b' | json }}", '"a\\"b"'],
    filter: asJson,
  },
  jsonify: {
    does: "The same as json.",
    takes: "indent?",
    example: ["{{ 'a,b' | split: ',' | jsonify }}", '["a","b"]'],
    filter: asJson,
  },
  inspect: {
    does: "The same as json, as a text.",
    takes: "indent?",
    example: ["{{ 'a' | inspect }}", '"a"'],
    filter: asJson,
  },
  to_json: {
    does: "The value as JSON.",
    example: ["{{ 'a\"b' | to_json }}", '"a\\"b"'],
    filter: (value) => toJson(value),
  },
  from_json: {
    does: "The value that JSON text tells.",
    example: ['{% assign x = \'{"a":{"b":1}}\' | from_json %}{{ x.a.b }}', "1"],
    filter(value) {
      try {
        return parseExact(text(value));
      } catch (error) {
        throw new Error("from_json: the text is not JSON", { cause: error });
      }
    },
  },
  ...DATE_FILTERS,
  ...ENCODING_FILTERS,
  ...LIST_FILTERS,
  ...NUMBER_FILTERS,
  ...TEXT_FILTERS,
};
