// JSON that a template writes itself: as a literal, by a `join` under a name, by a loop in a capture. It is
// JSON where that is certain; of what is put together as a text the author is warned.

import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText } from "../../../../tests/support/awkward-text.ts";
import { compileAction } from "../compile.ts";
import { findWarnings } from "../warnings.ts";

const compile = (body: string) =>
  compileAction(parseAction({ id: "a", url: "https://h.example.com/x", body }));

const CUSTOMER = {
  id: "c1",
  l: [1, "2", 'a"b', true],
  items: [
    { id: 1, sku: 'a"' },
    { id: 2, sku: "b" },
  ],
  none: "",
  written: "[]",
};

function send(body: string, customer: object = CUSTOMER): unknown {
  const composed = compile(body).compose({ id: "d", dueAt: 0 }, { customer });
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return JSON.parse(composed.request.body ?? "");
}

const codesOf = (body: string) => findWarnings(compile(body)).map(({ code }) => String(code));

describe("a literal that is an object or a list", () => {
  test.each([
    ['{"v": {{ customer.none | default: "[]" }}}', []],
    ['{"v": {{ customer.none | default: "{}" }}}', {}],
    ['{% assign v = customer.none | default: "[]" %}{"v": {{ v }}}', []],
    [`{% assign v = '{"name":"gold"}' %}{"v": {{ v }}}`, { name: "gold" }],
    [`{% assign v = '{"name":"gold"}' %}{% assign w = v %}{"v": {{ w | strip }}}`, { name: "gold" }],
    [`{"v": {% if customer.id %}{{ ' [1, 2] ' }}{% endif %}}`, [1, 2]],
    ['{% capture r %}[{{ customer.id }}]{% endcapture %}{"v": {{ r | default: "[]" }}}', ["c1"]],
  ])("%s is JSON as a value", (body, v) => {
    expect(send(body)).toEqual({ v });
    expect(codesOf(body)).toEqual([]);
  });

  test.each([
    ['{"v": "{{ customer.none | default: "[]" }}"}', "[]"],
    [`{% assign v = '{"name":"gold"}' %}{"v": "{{ v }}"}`, '{"name":"gold"}'],
    [`{% assign v = '[]' | append: ' items' %}{"v": {{ v }}}`, "[] items"],
    [`{% assign v = '[1]' | replace: '1', customer.id %}{"v": {{ v | size }}}`, 4],
    [`{% assign v = '[1]' %}{"v": {{ v | json }}}`, "[1]"],
    [`{% assign v = '[1,2]' | from_json %}{"v": {{ v | last }}}`, 2],
    [`{% assign v = '[1,2]' | split: ',' %}{"v": {{ v | first }}}`, "[1"],
    [`{% assign v = '[]' %}{"v": {% if v == '[]' and v contains '[' %}{{ v.size }}{% endif %}}`, 2],
    [`{% assign v = '[]' %}{"v": {% case v %}{% when '[]' %}1{% endcase %}}`, 1],
    [`{% assign v = '[no' %}{"v": {{ v }}}`, "[no"],
    [`{% assign v = '"a"' %}{"v": {{ v }}}`, '"a"'],
    // The customer's own text is a text, whatever it looks like.
    ['{"v": {{ customer.written }}}', "[]"],
    ['{"v": {{ customer.written | default: "[]" }}}', "[]"],
  ])("%s is a text as ever", (body, v) => {
    expect(send(body)).toEqual({ v });
  });
});

describe("a list that is joined under a name, or by a loop in a capture", () => {
  const COMMAS = "{% unless forloop.last %},{% endunless %}";
  const JOINED = '{% assign x = customer.l | join: "," %}';
  const LOOP = `{% capture x %}{% for i in customer.l %}{{ i }}${COMMAS}{% endfor %}{% endcapture %}`;
  const BEFORE =
    "{% capture x %}\n{% for i in customer.l %}{% if forloop.index > 1 %}, {% endif %}{{ i | json }}{% endfor %}\n{% endcapture %}";

  test.each([JOINED, LOOP])("%s is the list's items between brackets", (given) => {
    const body = `${given}{"l": [{{ x }}], "m": [0, {{ x }}]}`;
    expect(codesOf(body)).toEqual([]);
    expect(send(body)).toEqual({ l: [1, 2, 'a"b', true], m: [0, 1, 2, 'a"b', true] });
    expect(send(`${given}[{{ x }}]`, { l: [] })).toEqual([]);
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 4 }), (l) => {
        const marked = l.map((one) => `_${one}`);
        expect(send(body, { l: marked })).toEqual({ l: marked, m: [0, ...marked] });
      }),
    );
  });

  test("further ones", () => {
    const map = '{% assign ids = customer.items | map: "id" | join: ", " %}{"ids": [{{ ids }}]}';
    expect(send(map)).toEqual({ ids: [1, 2] });
    expect(send(`${BEFORE}[{{ x }}]`)).toEqual(CUSTOMER.l);
    const quoted = `{% assign x = customer.items | map: "sku" | join: '","' %}["{{ x }}"]`;
    expect(send(quoted)).toEqual(['a"', "b"]);
    expect(codesOf(quoted)).toEqual([]);
    const branches = `{% if customer.none != "" %}${JOINED}{% else %}{% assign x = 7 %}{% endif %}[{{ x }}]`;
    expect(send(branches)).toEqual([7]);
    expect(send(branches, { ...CUSTOMER, none: 1 })).toEqual([1, 2, 'a"b', true]);
  });

  test.each([
    [`${JOINED}{"v": "{{ x }}", "w": [{{ x }}]}`, '1,2,a"b,true'],
    [`${JOINED}{"v": {{ x }}, "w": [{{ x }}]}`, '1,2,a"b,true'],
    [`${JOINED}{"v": {{ x | append: "!" }}, "w": [{{ x }}]}`, '1,2,a"b,true!'],
    [`${JOINED}{"v": {{ x | strip }}, "w": [{{ x }}]}`, '1,2,a"b,true'],
    [`${JOINED}{"v": {% if x contains "2,a" %}{{ x.size }}{% endif %}, "w": [{{ x }}]}`, 12],
    [`${JOINED}{% capture c %}{{ x }}{% endcapture %}{"v": {{ c }}, "w": [{{ x }}]}`, '1,2,a"b,true'],
    [`${LOOP}{"v": "{{ x }}"}`, '1,2,a"b,true'],
    // Printed between quotes, too, it stays what it was.
    [`${LOOP}{"v": "{{ x }}", "w": [{{ x }}]}`, '1,2,a"b,true'],
    ['{% capture x %}{{ customer.id }}, {{ customer.l[1] }}{% endcapture %}{"v": "", "w": [{{ x }}]}', ""],
  ])("%s is a text elsewhere", (body, v) => {
    expect(send(body)).toMatchObject({ v });
  });
});

describe("JSON that is put together as a text is told, with what to write", () => {
  const ROWS =
    '{% capture rows %}{% for i in customer.items %}{"id": {{ i.id }}},{% endfor %}{% endcapture %}';
  test.each([
    `{% assign out = "" %}{% for i in customer.items %}{% assign out = out | append: '"' | append: i.sku | append: '",' %}{% endfor %}{"v": [{{ out }}]}`,
    `{% assign out = "" %}{% for i in customer.items %}{% assign out = out | append: '{"sku":"' | append: i.sku | append: '"},' %}{% endfor %}{% assign out = "[" | append: out | append: "]" %}{"v": {{ out }}}`,
    `{% assign out = "" %}{% for i in customer.items %}{% assign out = out | append: i.id | append: "," %}{% endfor %}{"v": [{{ out }}]}`,
    "{% capture ids %}{% for i in customer.items %}{{ i.id }},{% endfor %}{% endcapture %}[{{ ids }}]",
    `${ROWS}{% assign n = rows.size | minus: 1 %}[{{ rows | slice: 0, n }}]`,
    `${ROWS}{% assign n = rows.size | minus: 1 %}{% assign all = rows | slice: 0, n %}[{{ all }}]`,
    `${ROWS}{"v": {{ rows | split: "|" | join: "," }}}`,
    `${ROWS}[{{ rows | split: "|" | join: "," }}]`,
    `${ROWS}{% assign all = "[" | append: rows | append: "0]" %}{{ all }}`,
    `{% capture body %}{"id": "__ID__"}{% endcapture %}{{ body | replace: "__ID__", customer.id }}`,
    `{% assign body = '{"id": "__ID__"}' | replace: "__ID__", customer.id %}{{ body }}`,
    `{"v": {{ customer.id | prepend: '"' | append: '"' }}}`,
  ])("%s", (body) => {
    const warnings = findWarnings(compile(body));
    expect(warnings).toMatchObject([{ field: "body", code: "json_as_text" }]);
    expect(warnings[0]?.message).toMatch(/^\{\{.*write.*\| json.*\| raw/);
  });

  test("and what to write is right", () => {
    expect(send(`${ROWS}{% assign n = rows.size | minus: 1 %}[{{ rows | slice: 0, n | raw }}]`)).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
    expect(send('{% capture body %}{"id": "{{ customer.id }}"}{% endcapture %}{{ body }}')).toEqual({
      id: "c1",
    });
    expect(send('{"v": {{ customer.items | map: "sku" | json }}}')).toEqual({ v: ['a"', "b"] });
  });

  test.each([
    `${ROWS}{"v": "{{ rows | slice: 0, 5 }}"}`,
    `${ROWS}[{{ rows | remove_last: "," }}]`,
    `${ROWS}{"v": "{{ rows | sha256 }}"}`,
    `${ROWS}{"v": {{ rows.size }}}`,
    '{% assign name = customer.last | append: ", " | append: customer.first %}{"v": [{{ name }}]}',
    `{% assign t = "Dear " | append: customer.name | append: ', "you"' %}{"v": {{ t }}}`,
    '{% capture t %}{{ customer.last }}, {{ customer.first }}{% endcapture %}{"v": [{{ t }}]}',
    '{{ customer | replace: "=>", ":" }}',
    '{"id": 1, {{ customer | json | remove_first: "{" }}',
    '{"v": {{ customer.v | default: "none" }}, "w": {{ customer.w | split: "," | last }}}',
  ])("of %s nothing is told", (body) => {
    expect(codesOf(body)).toEqual([]);
  });
});
