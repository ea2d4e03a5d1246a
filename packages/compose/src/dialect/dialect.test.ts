import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileAction } from "../compile.ts";
import { createDialect } from "./dialect.ts";
import { CAMPAIGN_FILTERS } from "./filters/campaign-filters.ts";
import { LIQUIDJS_FILTERS } from "./filters/liquidjs-filters.ts";

function compose(
  document: Partial<ActionDocument>,
  customer: unknown = {},
  facts = { id: "d", dueAt: Date.UTC(2026, 10, 24, 9) },
) {
  return compileAction(
    parseAction({
      id: "a",
      url: "https://h/",
      escaping: "none",
      headers: [{ name: "content-type", value: "text/plain" }],
      ...document,
    }),
  ).compose(facts, { customer });
}

function print(body: string, customer?: unknown, facts?: { id: string; dueAt: number }): string | null {
  const composed = compose({ body }, customer, facts);
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request.body;
}

test("every filter that a template can use is in the reference", () => {
  const listed = [...Object.keys(CAMPAIGN_FILTERS), ...Object.keys(LIQUIDJS_FILTERS)].sort();
  expect(listed).toEqual(Object.keys(createDialect({ failOnMissing: true }).filters).sort());
});

const EXAMPLES = [
  ...Object.entries(CAMPAIGN_FILTERS).map(([name, { example }]) => [name, ...example] as const),
  ...Object.entries(LIQUIDJS_FILTERS).map(
    ([name, [, template, prints]]) => [name, template, prints] as const,
  ),
];

test.each(EXAMPLES)("%s: %s prints %s", (_, template, prints) => {
  expect(print(template)).toBe(prints);
});

test.each([
  ["{{ 'a  b' | normalize_whitespace }}", "a b"],
  ["{{ 'one two' | number_of_words }}", "2"],
  ["{{ 'a,b,c' | split: ',' | array_to_sentence_string: 'or' }}", "a, b, or c"],
  ["{{ 'Hello, World!' | slugify }}", "hello-world"],
  ["{{ 5 | at_least: 7 }}{{ 5 | at_most: 3 }}", "73"],
  ["{{ '<a>' | xml_escape }}", "&lt;a&gt;"],
  ["{{ 'a b' | cgi_escape }}{{ 'a b' | uri_escape }}", "a+ba%20b"],
  ["{{ 'a' | base64_encode | base64_decode }}", "a"],
  ["{{ 0 | date: '%Y-%m-%d %H:%M', 'America/New_York' }}", "1969-12-31 19:00"],
  ["{{ 0 | date_to_xmlschema }}", "1970-01-01T00:00:00+00:00"],
  [
    "{{ customer.list | where: 'a', 1 | map: 'b' | join: '' }}{{ customer.list | sum: 'a' }}{{ customer.list | where_exp: 'i', 'i.a > 1' | size }}",
    "x31",
  ],
  ["{{ customer.list | find: 'a', 2 | json }}{{ customer.list | group_by: 'a' | size }}", '{"a":2,"b":"y"}2'],
])("%s prints %s", (template, prints) => {
  expect(
    print(template, {
      list: [
        { a: 1, b: "x" },
        { a: 2, b: "y" },
      ],
    }),
  ).toBe(prints);
});

describe("semantics of the campaign tools", () => {
  const customer = {
    at: 1_706_659_200,
    text: "1706659200",
    nulls: [3, null, 1],
    words: ["b", "A", "c"],
    objects: [{ a: 2, n: null }, { a: 1 }],
    mixed: [1, "2", null],
    prices: [0.1, 0.2],
    large: 12345678901234567890n,
    promise: "Save 20% today",
  };
  test.each([
    [
      "{{ 1 | pluralize: 'item', 'items' }} {{ '1' | pluralize: 'item', 'items' }} {{ 0 | pluralize: 'item', 'items' }} {{ 2 | pluralize: 'item' }}",
      "1 item 1 item 0 items 2 items",
    ],
    [
      "{{ 'a' | split: ',' | array_to_sentence_string }};{{ 'a,b' | split: ',' | array_to_sentence_string: 'or' }}",
      "a;a or b",
    ],
    [
      "{{ 'abcdef' | slice: 2 }}{{ 'abcdef' | slice: '-4', '3' }}{{ 'abcdef' | slice: -2 }}{{ 'abcdef' | slice: 9 }}",
      "ccdee",
    ],
    ["{{ customer.words | limit: '2' | join: '' }}{{ customer.words | limit: 0 | size }}", "bA0"],
    ["{{ customer.nulls | sort | json }}{{ customer.words | sort | join: '' }}", "[3,null,1]Abc"],
    ["{{ customer.objects | sort: 'a' | map: 'a' | join: '' }}", "12"],
    [
      "{{ '9.5' | currency: 'en', 'EUR' }} {{ 9.5 | currency }} {{ 1234.5 | rounded_currency: 'en', 'GBP' }}",
      "€9.50 $9.50 £1,235",
    ],
    ["{{ 4.35 | times: 100 | floor }} {{ 19.99 | times: 100 }} {{ 0.0725 | times: 100 }}", "435 1999 7.25"],
    ["{{ customer.prices | sum }} {{ customer.prices | sum | times: 100 | divided_by: 3 }}", "0.3 10"],
    [
      "{{ 1.1 | plus: 2.2 }} {{ 0.3 | minus: 0.1 }} {{ 0.3 | modulo: 0.1 }} {{ 8.41 | divided_by: 0.29 }}",
      "3.3 0.2 0 29",
    ],
    [
      "{{ 1.1 | times: 1.1 | ceil }} {{ 1.15 | times: 100 | round }} {{ -4.35 | times: 100 | abs | ceil }}",
      "2 115 435",
    ],
    ["{{ '4.35' | at_least: 4.3 }} {{ 0.1 | plus: 0.2 | at_most: 0.3 }}", "4.35 0.3"],
    [
      "{{ customer.large | format_number }} {{ customer.large | plus: 1 }}",
      "12,345,678,901,234,567,890 12345678901234567891",
    ],
    ["{{ customer.promise | url_decode }} {{ 'a%E4b' | url_decode }}", "Save 20% today a\ufffdb"],
    ["{{ '3.9' | to_integer }} {{ -3.9 | to_integer }} {{ ' 1.5e1 ' | to_integer }}", "3 -3 15"],
    ["{{ 0 | date: '%T %%F' }}", "00:00:00 %F"],
    ["{{ 7 | modulo: 3 }}{{ -7 | modulo: 3 }}{{ '7.5' | modulo: '2' }}", "121.5"],
    [
      "{{ customer.words | concat: customer.mixed | json }}{{ customer.words | concat: customer.objects[1] | last | json }}",
      '["b","A","c",1,"2",null]{"a":1}',
    ],
    ["{{ customer.mixed | sum }} {{ customer.objects | sum: 'a' }}", "3 3"],
    [
      "{{ 2 | times: 3.0 }} {{ 6 | divided_by: 3 }} {{ 7 | divided_by: 2 }} {{ '3' | times: '2' }}",
      "6 2 3.5 6",
    ],
    [
      "{{ customer.at | date: '%F %H:%M', 60 }} {{ customer.at | date: '%H:%M', '-330' }}",
      "2024-01-30 23:00 05:30",
    ],
    [
      "{{ customer.text | date: '%F' }} {{ customer.text | add_day: '1' | date: '%F' }}",
      "2024-01-31 2024-02-01",
    ],
    [
      "{{ customer.at | date: '%R', '(GMT-10:00) Hawaii' }} {{ customer.at | date: '%H:%M', 'Asia/Tokyo' }}",
      "14:00 09:00",
    ],
    [
      "{{ customer.text | date_to_xmlschema }} {{ customer.text | date_to_string }}",
      "2024-01-31T00:00:00+00:00 31 Jan 2024",
    ],
    ["{{ 'now' | date: '%s' | plus: 0 | add_day: 1 | date: '%F' }}", "2026-11-25"],
    ["{{ customer.at | timezone: 'America/New_York' | date: '%F %H:%M' }}", "2024-01-30 19:00"],
    ["{{ 'x' | hmac_sha256: 'key' | hex_base64 }}", "T8O36vNNfllKb1HZUXulQ6v0EGeydYf/2CujWE5NPN0="],
    [
      "{{ customer.words | json_array_uniq: 'x' | size }}{{ customer.objects | where_not: 'a', 1 | size }}",
      "11",
    ],
  ])("%s prints %s", (template, prints) => {
    expect(print(template, customer)).toEqual(prints);
  });

  test.each([
    ["{{ 7 | divided_by: 0 }}", /divided_by: by zero/],
    ["{{ 'x' | add_day: 1 }}", /add_day: "x" is no date and no number/],
    ["{{ 'x' | timezone: 'UTC' }}", /timezone: "x" is no date/],
    ["{{ 0 | add_year: 1000000 }}", /add_year: that is beyond the calendar/],
    ["{{ '13/02/2024' | date: '%F' }}", /13\/2\/2024 has no month 13.*month first/],
    ["{{ 7.5 | modulo: 0 }}", /modulo: by zero/],
    ["{{ '1e300' | times: '1e300' }}", /times: the number is beyond every number/],
    ["{{ 'abc' | slice: 'x' }}", /slice: "x" is no integer/],
    ["{{ 'abc' | truncate: 1.5 }}", /truncate: "1.5" is no integer/],
    [
      "{{ '[1,\"a\"]' | from_json | sort | join }}",
      /sort: a (text|number) and a (text|number) have no order/,
    ],
    ["{{ 'x' | to_integer }}", /to_integer: "x" is no number/],
    ["{{ 'é' | base64_decode }}", /base64_decode: the text is no Base64/],
    ["{{ 'x' | format_number }}", /format_number: "x" is no number/],
    ["{{ '{' | from_json }}", /from_json: the text is not JSON/],
    ["{% assign zone = 'Nowhere/Land' %}{{ 0 | date: '%F', zone }}", /Nowhere\/Land/],
    ["{{ 1 | currency: 'en', 'E' }}", /[Cc]urrency/],
  ])("%s fails, and says why", (body, message) => {
    expect(compose({ body })).toMatchObject({
      reason: "template",
      problems: [{ field: "body", line: 1, message: expect.stringMatching(message) }],
    });
  });
});

test("every attempt sends the same bytes: chance and now belong to the delivery", () => {
  const body =
    "{% random 1000000 %} {% random 1000000 %} {% generate_uuid %} {{ 'now' | date: '%s' }} {{ 'today' | date: '%Y-%m-%d' }}";
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 4e12 }), (id, dueAt) => {
      const first = print(body, {}, { id, dueAt });
      expect(print(body, {}, { id, dueAt })).toBe(first);
      expect(first).toContain(` ${Math.floor(dueAt / 1_000)} `);
      expect(print(body, {}, { id: `${id}x`, dueAt })).not.toBe(first);
    }),
  );
});

test("random stays below its bound, its draws differ, and a uuid is one of version 4", () => {
  const draws = (print("{% for i in (1..200) %}{% random 10 %} {% endfor %}") ?? "")
    .trim()
    .split(" ")
    .map(Number);

  expect(new Set(draws).size).toBe(10);
  expect(Math.max(...draws)).toBeLessThan(10);
  expect(print("{% generate_uuid %}")).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test.each([
  "{% cancel 'no consent' %}",
  '{% abort_message("no consent") %}',
  "{% for i in (1..2) %}{% if i == 2 %}{% cancel customer.why %}{% endif %}{% endfor %}",
])("%s ends the delivery with its reason", (body) => {
  expect(compose({ body }, { why: "no consent" })).toEqual({ kind: "cancelled", message: "no consent" });
});

test.each([
  ["{% unsubscribe_url %}", /belongs to mails/],
  ["{% render_liquid customer.x %}", /render Liquid that stands in data/],
  ["{% include 'x' %}", /other templates/],
  ["{% nonsense %}", /nonsense/],
  ["{{ 1 | nonsense }}", /nonsense/],
])("%s is refused when the action is saved", (body, message) => {
  expect(() => compose({ body })).toThrow(message);
});

test("Liquid that stands in data is text", () => {
  expect(print("{{ customer.x }}", { x: "{{ customer.secret }}{% cancel %}", secret: "s" })).toBe(
    "{{ customer.secret }}{% cancel %}",
  );
});

const LARGE = 2n ** 60n + 1n;

test.each([
  ["abs", LARGE],
  ["at_least: 1", LARGE],
  ["at_most: 1", 1n],
  ["ceil", LARGE],
  ["divided_by: customer.n", 1n],
  ["times: 3 | divided_by: 3", LARGE],
  ["floor", LARGE],
  ["minus: 2", LARGE - 2n],
  ["modulo: 2", 1n],
  ["plus: 1", LARGE + 1n],
  ["plus: customer.n", 2n * LARGE],
  ["round", LARGE],
  ["round: -2", 1152921504606847000n],
  ["times: 2", 2n * LARGE],
  ["times: customer.n", LARGE * LARGE],
  ["to_integer", LARGE],
  ["append: '' | plus: 1", LARGE + 1n],
  ["divided_by: 2 | at_most: 1", 1n],
])("an integer beyond 2^53 keeps its digits through %s", (filter, result) => {
  const action = compileAction(
    parseAction({ id: "a", url: "https://h/", body: `[{{ customer.n | ${filter} }}]` }),
  );
  const composed = action.compose({ id: "d", dueAt: 0 }, { customer: { n: LARGE } });
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  expect(composed.request.body).toBe(`[${result}]`);
});
