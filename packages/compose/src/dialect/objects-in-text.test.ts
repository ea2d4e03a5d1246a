// No filter makes JavaScript's idea of an object's text of anything: objects and lists in texts are JSON.

import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
import { compileAction } from "../compile.ts";
import { CAMPAIGN_FILTERS } from "./filters/campaign-filters.ts";
import { LIQUIDJS_FILTERS } from "./filters/liquidjs-filters.ts";

const CUSTOMER = {
  address: { street: "Main St", zip: null },
  none: {},
  items: [{ sku: "A" }, { sku: "B" }],
  nested: [
    [1, 2],
    [3, [null, { a: [4] }]],
  ],
  odd: JSON.parse(
    '{"toString":1,"valueOf":"x","constructor":{},"__proto__":1,"length":2,"toJSON":1,"then":1}',
  ),
  odds: [{ toString: 1, valueOf: "x" }, [{ toString: null }]],
  text: "x",
  number: 3,
};

function compose(body: string) {
  const headers = [{ name: "Content-Type", value: "text/plain" }];
  const action = parseAction({
    id: "a",
    url: "https://h/",
    headers,
    body,
    escaping: "none",
    missing: "empty",
  });
  const composed = compileAction(action).compose({ id: "d", dueAt: 0 }, { customer: CUSTOMER });
  return composed.kind === "request" ? composed.request.body : JSON.stringify(composed);
}

/** What JavaScript makes of an object that is used as a text or a number, or says when it cannot. */
const OF_JAVASCRIPT = /\[object|primitive value|is not a function|Cannot (?:read|convert)/;

const NAMES = [...Object.keys(CAMPAIGN_FILTERS), ...Object.keys(LIQUIDJS_FILTERS)];
/** A constant that is no zone is refused when the action is saved. */
const TEXTS: Readonly<Record<string, string>> = { timezone: "UTC" };

describe.each(NAMES)("%s", (filter) => {
  test("of objects and lists, and with them as arguments", () => {
    const containers = ["address", "items", "nested", "odd", "odds"];
    const calls = [
      filter,
      ...containers.flatMap((name) => [
        `${filter}: customer.${name}`,
        `${filter}: '${TEXTS[filter] ?? "x"}', customer.${name}`,
      ]),
    ];
    const printed = ["text", ...containers].flatMap((name) =>
      calls.map((call) => `{{ customer.${name} | ${call} }}`).map((body) => `${body}: ${compose(body)}`),
    );
    expect(printed.filter((line) => OF_JAVASCRIPT.test(line))).toEqual([]);
  });
});

test.each([
  "{% if customer.text contains customer.odd %}y{% endif %}{% if customer.odds contains customer.odd %}y{% endif %}",
  "{% if customer.odd == customer.odds or customer.odd < 1 or 'x' >= customer.odd %}y{% endif %}",
  "{% for i in (customer.odd..2) %}{{ i }}{% endfor %}{% for i in (1..customer.odds) %}{{ i }}{% endfor %}",
  "{% for i in customer.items limit: customer.odd offset: customer.odds %}{{ i.sku }}{% endfor %}",
  "{% random customer.odd %}{% assign x = customer.odd %}{{ x }}{% cycle customer.odd, customer.odds %}",
  "{% case customer.odd %}{% when customer.odds %}y{% when 1 %}z{% else %}e{% endcase %}",
  "{{ customer.items[customer.odd] }}{{ customer[customer.odds] }}{{ customer.odd.toString }}",
])("%s says nothing in JavaScript's words", (body) => {
  expect(compose(body)).not.toMatch(OF_JAVASCRIPT);
});

test.each([
  ["{{ customer.items | join: ', ' }}", '{"sku":"A"}, {"sku":"B"}'],
  ["{{ 'x' | append: customer.address }}", 'x{"street":"Main St","zip":null}'],
  ["{{ 'x' | prepend: customer.items }}", '[{"sku":"A"},{"sku":"B"}]x'],
  ["{{ 'a-b' | replace: '-', customer.address }}", 'a{"street":"Main St","zip":null}b'],
  ["{{ customer.items | array_to_sentence_string }}", '{"sku":"A"} and {"sku":"B"}'],
  ["{{ customer.nested | join: '-' }}", '1-2-3--{"a":[4]}'],
  ["{{ '[[1,2],[3]]' | from_json | join: '-' }}", "1-2-3"],
  ["{{ customer.nested | reverse | join: '-' }}", '{"a":[4]}--3-2-1'],
  ["{{ customer.address | size }}{{ customer.address.size }}{{ customer.none | size }}", "220"],
  ["{{ customer.none | default: 'none' }}", "none"],
  ["{{ customer.address | sha256 | truncate: 8, '' }}", "d78c5b5b"],
  ["{{ customer.address | number_of_words }}{{ customer.address | split: ' ' | size }}", "22"],
  ["{{ customer.address | base64 | base64_decode }}", '{"street":"Main St","zip":null}'],
])("%s prints %s", (body, prints) => {
  expect(compose(body)).toBe(prints);
});
