import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileAction } from "../compile.ts";
import { createDialect } from "../dialect/dialect.ts";
import { findSnippetNames } from "./inline-snippets.ts";

function compose(document: Partial<ActionDocument>, customer: unknown = {}) {
  return compileAction(parseAction({ id: "a", url: "https://h/x", ...document })).compose(
    { id: "d", dueAt: 0 },
    { customer },
  );
}

function bodyOf(body: string, snippets: Record<string, string>, customer?: unknown, more = {}): unknown {
  const composed = compose({ body, snippets, ...more }, customer);
  return composed.kind === "request" ? composed.request.body : composed;
}

const TEXT = { headers: [{ name: "Content-Type", value: "text/plain" }] };

test.each([
  ["{{ snippets.a }}", "x"],
  ["{{ snippets['odd name'] }}", "odd"],
  ["{% echo snippets.a %}", "x"],
  ["{% if true %}{% for i in (1..2) %}{{ snippets.a }}{% endfor %}{% endif %}", "xx"],
  ["{{ snippets.outer }}", "<X>"],
  ["{{ snippets.a | upcase | append: '!' }}", "X!"],
  ["{% if snippets.a == 'x' %}yes{% endif %}", "yes"],
  ["{% assign s = snippets.a %}{{ s }}", "x"],
  ["{% capture c %}{{ snippets.liquid }}{% endcapture %}{{ c | downcase }}", "x"],
])("%s prints %s", (body, prints) => {
  const snippets = {
    a: "x",
    "odd name": "odd",
    outer: "<{{ snippets.liquid }}>",
    liquid: "{{ 'x' | upcase }}",
  };
  expect(bodyOf(body, snippets, {}, TEXT)).toBe(prints);
});

test("a snippet's values are escaped for the place where they land", () => {
  const snippets = { name: "{{ customer.name }}", pair: '"n": {{ snippets.name }}' };
  const action = {
    url: "https://h/{{ snippets.name }}?q={{ snippets.name }}",
    body: '{"in": "{{ snippets.name }}", "out": {{ snippets.name }}, {{ snippets.pair }}}',
    snippets,
  };
  fc.assert(
    fc.property(
      fc.string().map((text) => `"${text}`),
      (name) => {
        const composed = compose(action, { name });
        if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
        const { origin, path, body } = composed.request;
        expect(JSON.parse(body ?? "")).toEqual({ in: name, out: name, n: name });
        const url = new URL(origin + path);
        expect([decodeURIComponent(url.pathname.slice(1)), url.searchParams.get("q")]).toEqual([name, name]);
      },
    ),
  );
});

test("what a snippet assigns stays its own, and it sees nothing that is assigned around it", () => {
  const snippets = {
    s: "{% assign x = 'in' %}{{ x }}",
    sees: "{% if item %}item{% endif %}{% if x %}x{% endif %}.",
  };
  const body =
    "{% assign x = 'out' %}{{ snippets.s }} {{ x }} {% for item in (1..2) %}{{ snippets.sees }}{{ item }}{% endfor %}";
  expect(bodyOf(body, snippets, {}, TEXT)).toBe("in out .1.2");
});

describe("what cannot work is refused when the action is compiled, at its place", () => {
  test.each([
    ["x\n {{ snippets.none }}", {}, /body \(line 2, column 5\): there is no snippet "none"/],
    ["{{ snippets.none | default: 'x' }}", {}, /there is no snippet "none"/],
    ["{% if snippets.none %}{% endif %}", {}, /there is no snippet "none"/],
    ["{{ snippets.constructor }}", {}, /there is no snippet "constructor"/],
    ["{{ snippets[customer.x] }}", { a: "" }, /named by the template itself/],
    ["{{ snippets }}", { a: "" }, /printed one by one/],
    [
      "{{ snippets.a | upcase }}",
      { a: "{{ customer.x }}" },
      /holds Liquid.*capture x %\}\{\{ snippets\.a \}\}/,
    ],
    ["{{ snippets.a }}", { a: "{{ snippets.b }}", b: "{{ snippets.a }}" }, /in a circle/],
    ["{{ snippets.a }}", { a: "{% if %}" }, /snippets\.a \(line 1, column 6\)/],
    [
      "{{ snippets.a }}",
      { a: "\n{{ snippets.b }}" },
      /snippets\.a \(line 2, column 4\): there is no snippet "b"/,
    ],
    ["{{ snippets.a }}".repeat(5), { a: "x".repeat(65_000) }, /longer than 262144/],
  ])("%s", (body, snippets, message) => {
    expect(() => bodyOf(body, snippets, {}, TEXT)).toThrow(message);
  });
});

test("a value that is missing inside a snippet is named with the snippet", () => {
  expect(bodyOf("{{ snippets.a }}", { a: "\n{{ customer.x }}" }, {}, TEXT)).toMatchObject({
    reason: "value_missing",
    problems: [{ field: "snippets.a", line: 2 }],
  });
});

test("the names that texts use are found, odd ones and nested uses too", () => {
  const liquid = createDialect({ failOnMissing: true });
  expect([
    ...findSnippetNames(liquid, [
      "{{ snippets.a }}{% if snippets['b c'] %}{{ x | append: snippets.d }}{% endif %}",
      "{{ snippets[customer.x] }}{% for i in snippets.e %}{% endfor %}",
      "{% if %} snippets.f",
    ]),
  ]).toEqual(["a", "b c", "d", "e"]);
});
