import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
import { compileAction } from "./compile.ts";
import { findMissing, findOutputs, findReadings, findUnused } from "./describe.ts";
import { findWarnings } from "./warnings.ts";

const compile = (document: Partial<ActionDocument>) =>
  compileAction(parseAction({ id: "a", url: "https://h/x", ...document }));
const codesOf = (document: Partial<ActionDocument>) =>
  findWarnings(compile(document)).map(({ code }) => code);
const type = (value: string) => ({ headers: [{ name: "Content-Type", value }] });

describe("what will surprise is told", () => {
  test.each<[string, Partial<ActionDocument>]>([
    ["get_with_body", { method: "GET", body: "{}" }],
    ["get_with_body", { method: "GET", form: [{ name: "a", value: "b" }] }],
    ["never_json", { body: "a={{ customer.a }}&b={{ customer.b }}" }],
    ["never_json", { body: "Hello {{ customer.name }}" }],
    ["never_json", { body: '{"a": "{{ customer.a }}",}' }],
    ["never_json", { body: '{"a": "{{ customer.a }}"' }],
    ["never_json", { body: '{"a": {{ customer.a }} "b": 1}' }],
    ["never_json", { ...type("json"), body: "<a/>" }],
    ["never_json", { body: '{"a": {{ snippets.s }}}', snippets: { s: "{{ customer.a }}}" } }],
    ["not_escaped", { escaping: "none", body: '{"a": "{{ customer.a }}"}' }],
    ["text_outside_quotes", { body: '{"a": {{ customer.a | upcase }}}' }],
    ["text_outside_quotes", { body: '{"a": {{ customer.email }}}' }],
    ["text_outside_quotes", { body: '{"a": {{ customer.email | downcase }}}' }],
    ["html_in_json", { body: '{"text": "{{ customer.name | escape }}", "parse_mode": "MarkdownV2"}' }],
    ["unknown_name", { body: "{{ custmer.a | json }}" }],
    ["form_with_other_type", { ...type("text/plain"), form: [{ name: "a", value: "b" }] }],
    ["percent_alone", { url: "https://h/x?off=100%" }],
    ["percent_alone", { url: "https://h/x?off={{ customer.off }}%&b=%20" }],
    ["name_not_rendered", { form: [{ name: "{{ customer.a }}", value: "b" }] }],
    ["line_break_at_end", { form: [{ name: "a", value: "{{ customer.a }}\n" }] }],
    ["timeout_never_reached", { timeoutMs: 1_000, connectTimeoutMs: 2_000 }],
  ])("%s: %j", (code, document) => {
    expect(codesOf(document)).toEqual([code]);
  });
});

describe("nothing is told of what is right", () => {
  test.each<Partial<ActionDocument>>([
    { method: "GET" },
    { url: "https://h/a%20b?c=%2B{{ customer.c }}" },
    { method: "DELETE", body: "{}" },
    { body: '{"a": {{ customer.opt_in | downcase }}}' },
    { body: '{"text": "{{ customer.name | escape }}", "parse_mode": "HTML"}' },
    { body: '{{ customer | replace: "=>", ":" }}' },
    {
      body: '{"a": {{ customer.a }}{{ customer.b }}, "n": -{{ customer.n }}, "t": {{ customer.t | date: "%s" }}}',
    },
    { body: '{"id": 1, {{ customer | json | remove_first: "{" }}' },
    { body: '{% capture pair %}"a": 1{% endcapture %}{ {{ pair }} }' },
    { body: "[{% for x in customer.list %}{{ x }}{% unless forloop.last %},{% endunless %}{% endfor %}]" },
    { body: "{% if customer.a %}{{ customer.a | json }}{% else %}{}{% endif %}" },
    { body: "{{ customer.json | raw }}" },
    { body: '{"a": 1, {{ customer.key }}: 2, {% generate_uuid %}: 3}' },
    { escaping: "none", body: '{"a": {{ customer.a | json }}}' },
    { escaping: "none", body: "{{ customer.a | json }}" },
    { ...type("text/plain"), body: "Hello {{ customer.name | upcase }}" },
    { ...type("x-www-form-urlencoded"), body: "a={{ customer.a }}" },
    { body: '{% assign x = customer.a %}{"x": "{{ x }}", "s": "{{ snippets.s }}"}', snippets: { s: "t" } },
  ])("%j", (document) => {
    expect(findWarnings(compile(document))).toEqual([]);
  });
});

test("a warning stands at its line and column, and says what to do", () => {
  expect(findWarnings(compile({ body: '{\n  "a": {{ custmer.a }},\n  oops' }))).toEqual([
    expect.objectContaining({
      field: "body",
      line: 2,
      column: 11,
      message: expect.stringMatching(/did you mean customer/),
    }),
    expect.objectContaining({
      field: "body",
      line: 3,
      column: 3,
      message: expect.stringMatching(/"oops".*another Content-Type/),
    }),
  ]);
});

test.each([
  ["{{ customer.a | upcas }}", /there is no filter upcas; did you mean upcase\?/],
  ["{{ customer.a | json_array_unique: 'a' }}", /did you mean json_array_uniq\?/],
  ["{% asign x = 1 %}", /there is no tag asign; did you mean assign\?/],
  ["{{ customer.a | frobnicate }}", /there is no filter frobnicate$/m],
])("%s is refused with the nearest known name", (body, message) => {
  expect(() => compile({ body })).toThrow(message);
});

test("each printed value is told with the place that it is escaped for", () => {
  const compiled = compile({
    url: "https://{{ customer.shop }}.h:{{ customer.port }}/{{ customer.id }}?q={{ customer.q | url_encode }}",
    headers: [{ name: "X", value: "{{ customer.x }}" }],
    body: '{\n "a": "{{ customer.a }}", "b": {{ customer.b }}, "c": {{ customer.c | raw }}, "d": "{{ snippets.s }}",\n {% if customer.q %}"{% endif %}{{ customer.e }}',
    snippets: { s: "\n{{ customer.s }}" },
  });
  expect(findOutputs(compiled).map(({ field, line, column, place }) => [field, line, column, place])).toEqual(
    [
      ["url", 1, 9, "host"],
      ["url", 1, 31, "port"],
      ["url", 1, 51, "url"],
      ["url", 1, 71, "url"],
      ["headers[0].value", 1, 1, "header"],
      ["body", 2, 8, "json-string"],
      ["body", 2, 32, "json-value"],
      ["body", 2, 55, "raw"],
      ["snippets.s", 2, 1, "json-string"],
      ["body", 3, 33, "json-by-what-precedes"],
    ],
  );
});

test("attributes that are missing, and those that nothing reads", () => {
  const readings = findReadings(
    compile({
      body: '{% assign own = customer.a %}{{ own }}{% for item in customer.list %}{{ item.x }}{{ forloop.index }}{% endfor %}{{ customer.address.city }}{{ customer["odd name"] }}{{ customer.none.deep | default: "" }}{{ event.e }}{{ customer.list[0].y }}{{ customer.list.size }}{{ customer.constructor }}',
    }),
  );
  const scope = {
    customer: { id: 1, a: 1, list: [{ x: 1 }], address: null, spare: 1, "odd spare": 2 },
    event: { e: null, f: 1 },
    delivery_id: "d",
  };
  expect(findMissing(readings, scope)).toEqual([
    "customer.address.city",
    'customer["odd name"]',
    "customer.none.deep",
    "customer.list[0].y",
    "customer.constructor",
  ]);
  expect(findUnused(readings, scope)).toEqual(["customer.spare", 'customer["odd spare"]', "event.f"]);
  expect(findUnused(findReadings(compile({ body: "{{ customer | json }}" })), scope)).toEqual([
    "event.e",
    "event.f",
  ]);
});
