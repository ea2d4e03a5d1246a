// Captured texts that begin as JSON does: a text where JSON cannot go on so, JSON where it does, and a
// warning where both may be meant.

import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText } from "../../../../tests/support/awkward-text.ts";
import { compileAction } from "../compile.ts";
import { findWarnings } from "../warnings.ts";

function compile(document: Partial<ActionDocument>) {
  return compileAction(parseAction({ id: "a", url: "https://h.example.com/x", ...document }));
}

const CUSTOMER = { a: "Acme", b: "A-17", vip: true, list: ["x", "y"], object: { k: "v" } };

function send(body: string, customer: object = CUSTOMER): unknown {
  const composed = compile({ body }).compose({ id: "d", dueAt: 0 }, { customer });
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return JSON.parse(composed.request.body ?? "");
}

function codesOf(body: string): string[] {
  return findWarnings(compile({ body })).map(({ code }) => String(code));
}

function captured(written: string, name = "x"): string {
  return `{% capture ${name} %}${written}{% endcapture %}`;
}

const TEXTS: readonly (readonly [written: string, read: (a: string, b: string) => string])[] = [
  ["[{{ customer.a }}] Order {{ customer.b }} has shipped", (a, b) => `[${a}] Order ${b} has shipped`],
  ["[Open {{ customer.a }}](https://x/{{ customer.b }})", (a, b) => `[Open ${a}](https://x/${b})`],
  ['"Top 10" picks for {{ customer.a }}', (a) => `"Top 10" picks for ${a}`],
  ["{% if customer.vip %}[VIP] {% endif %}Hello {{ customer.a }}", (a) => `[VIP] Hello ${a}`],
  ["[{{ customer.a }}] {{ customer.b }}", (a, b) => `[${a}] ${b}`],
  ["[{{ customer.a }}]: {{ customer.b }}", (a, b) => `[${a}]: ${b}`],
  ["{{ '{' }}{{ customer.a }}", (a) => `{${a}`],
  ["[2024-06-01] {{ customer.a }}", (a) => `[2024-06-01] ${a}`],
  [
    "{% assign c = customer.a | upcase %}[{{ c }}] Order {{ customer.b }}",
    (a, b) => `[${a.toUpperCase()}] Order ${b}`,
  ],
  ["[{{ customer.a | default: 'x' | strip }}] 👍 {{ customer.b }}", (a, b) => `[${a.trim() || a}] 👍 ${b}`],
  ["{% for i in customer.list %}[{{ i }}] now {% endfor %}", () => "[x] now [y] now "],
];

describe("one that no JSON goes on as is a text", () => {
  test.each(TEXTS)("%s", (written, read) => {
    const body = `${captured(written)}{"t": "{{ x }}"}`;
    expect(codesOf(body)).toEqual([]);
    fc.assert(
      fc.property(
        anyText.filter((one) => one.trim() !== ""),
        anyText,
        (a, b) => {
          expect(send(body, { ...CUSTOMER, a, b })).toEqual({ t: read(a, b) });
        },
      ),
    );
  });

  const TITLE = captured("[{{ customer.a }}] Order {{ customer.b }}");
  test.each([
    [`${TITLE}{"t": "{{ x | strip }}"}`, "[Acme] Order A-17"],
    [`${TITLE}{% assign y = x | upcase %}{"t": "<{{ y }}>"}`, "<[ACME] ORDER A-17>"],
    [`${TITLE}${captured("Dear {{ x }}", "y")}{"t": "{{ y }}"}`, "Dear [Acme] Order A-17"],
    [`${TITLE}${captured('{"t": "{{ x }}"}', "y")}{{ y }}`, "[Acme] Order A-17"],
    [`${TITLE}${captured("[{{ x }}] is it", "y")}{"t": "{{ y }}"}`, "[[Acme] Order A-17] is it"],
  ])("%s, wherever it is printed between quotes", (body, t) => {
    expect(send(body)).toEqual({ t });
    expect(codesOf(body)).toEqual([]);
  });
});

test.each([
  [captured('{"name":"{{ customer.a }}"}'), { name: 'q"' }],
  [
    captured('[{"name": {{ customer.a }} }, {% if customer.vip %}{{ customer.object }}{% endif %}]'),
    [{ name: 'q"' }, { k: "v" }],
  ],
  [captured('["{{ customer.a }}", {{ customer.vip }}]'), ['q"', true]],
  [
    captured(
      '[{% for i in customer.list %}{"i": {{ i }}}{% unless forloop.last %},{% endunless %}{% endfor %}]',
    ),
    [{ i: "x" }, { i: "y" }],
  ],
  [captured('"name": "{{ customer.a }}"', "y") + captured("{ {{ y }} }"), { name: 'q"' }],
  [
    captured('{"n": "{{ customer.a }}", {{ customer.object | json | remove_first: "{" }}'),
    { n: 'q"', k: "v" },
  ],
])("%s stays JSON, in a text and as a value", (capture, value) => {
  const customer = { ...CUSTOMER, a: 'q"' };
  expect(send(`${capture}{"v": {{ x }}}`, customer)).toEqual({ v: value });
  const { v } = send(`${capture}{"v": "{{ x }}"}`, customer) as { v: string };
  expect(JSON.parse(v)).toEqual(value);
});

describe("a value between quotes that its text has itself stays escaped there", () => {
  test.each([
    ['{ user(name: "{{ customer.a }}") { id } }', '{ user(name: "q\\"") { id } }'],
    ['{Name}="{{ customer.a }}"', '{Name}="q\\""'],
    ['"Epic Link" = "{{ customer.a }}" ORDER BY created', '"Epic Link" = "q\\"" ORDER BY created'],
    ['[Name] = "{{ customer.a }}"', '[Name] = "q\\""'],
    ['{name: "{{ customer.a }}"}', '{name: "q\\""}'],
    ['{"a": "{{ customer.a }}",}', '{"a": "q\\"",}'],
    ['{"a": "{{ customer.a }}"}\n{"b": "{{ customer.b }}"}\n', '{"a": "q\\""}\n{"b": "A-17"}\n'],
    ['["{{ customer.a }}"]\n["{{ customer.b }}"]\n', '["q\\""]\n["A-17"]\n'],
  ])("%s", (written, t) => {
    const customer = { ...CUSTOMER, a: 'q"' };
    expect(send(`${captured(written)}{"t": "{{ x }}"}`, customer)).toEqual({ t });
    expect(codesOf(`${captured(written)}{"t": "{{ x }}"}`)).toEqual([]);
    expect(send(`${captured(written)}{"t": "{{ x | base64_encode }}"}`, customer)).toEqual({
      t: Buffer.from(t).toString("base64"),
    });
    expect(codesOf(`${captured(written)}{"t": {{ x | json }}}`)).toEqual([]);
  });
});

test.each(["[{{ customer.list.size }}]", "[{{ customer.n | plus: 1 }}]", '"{{ customer.a }}"'])(
  "%s is the same as JSON and as a text, and nothing is told",
  (written) => expect(codesOf(`${captured(written)}{"t": "{{ x }}"}`)).toEqual([]),
);

test("one that begins as an object does is taken for JSON, and whether it is, is asked", () => {
  const body = `${captured("{ user(id: {{ customer.b }}) { id } }")}{"query": "{{ x }}"}`;
  expect(send(body)).toEqual({ query: '{ user(id: "A-17") { id } }' });
  expect(codesOf(body)).toEqual(["json_or_text"]);
});

test("pieces of JSON that only together are JSON stay so", () => {
  const body = `${captured('{"t": "[VIP] ', "open")}${captured("[{{ customer.b }}] and more", "rest")}{{ open }}{{ rest }}"}`;
  expect(send(body, { b: 1 })).toEqual({ t: "[VIP] [1] and more" });
});

describe("where both may be meant, a warning says what to write", () => {
  test.each([
    ["[{{ customer.a }}]", "[{{ customer.a | raw }}]", "[{{ customer.a | json }}]"],
    [
      "[{{ customer.a }}, {{ customer.b }}]",
      "[{{ customer.a | raw }}, {{ customer.b | raw }}]",
      "[{{ customer.a | json }}, {{ customer.b | json }}]",
    ],
  ])("%s", (written, asText, asJson) => {
    expect(codesOf(`${captured(written)}{"t": "{{ x }}"}`)).toEqual(["json_or_text"]);
    expect(codesOf(`${captured(asText)}{"t": "{{ x }}"}`)).toEqual([]);
    expect(send(`${captured(asText)}{"t": "{{ x }}"}`, { a: 'a"', b: 'b"' })).toEqual({
      t: asText.replace(/\{\{ customer.(\w) \| raw \}\}/g, '$1"'),
    });
    const { t } = send(`${captured(asJson)}{"t": "{{ x }}"}`, { a: 'a"', b: 'b"' }) as { t: string };
    expect(JSON.stringify(JSON.parse(t))).toBe(t.replaceAll(", ", ","));
  });

  test("and where one that is no JSON stands outside quotes", () => {
    expect(codesOf(`${captured("[{{ customer.a }}] Order")}{"t": {{ x }}}`)).toEqual(["text_outside_quotes"]);
    const appended = '{% assign y = "Dear " | append: x %}{"t": {{ y }}}';
    expect(codesOf(captured("[{{ customer.a }}] Order") + appended)).toEqual(["json_or_text"]);
  });
});

test("a text with a filter's JSON in it is told of, as any other", () => {
  expect(codesOf(`${captured("[VIP] Dear {{ customer.a | json }}")}{"t": "{{ x }}"}`)).toEqual([
    "json_in_quotes",
  ]);
});
