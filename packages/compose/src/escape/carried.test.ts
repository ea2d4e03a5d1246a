// Values that a template makes fit for a place under a name or in a capture before it prints them: escaped
// once where that is certain, and warned of elsewhere.

import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText } from "../../../../tests/support/awkward-text.ts";
import { compileAction } from "../compile.ts";
import { findWarnings } from "../warnings.ts";

const FORM = { headers: [{ name: "Content-Type", value: "x-www-form-urlencoded" }] };
const XML = { headers: [{ name: "Content-Type", value: "text/xml" }] };

function compile(document: Partial<ActionDocument>) {
  return compileAction(parseAction({ id: "a", url: "https://h.example.com/x", ...document }));
}

function send(document: Partial<ActionDocument>, customer: object = { name: "Dee & Co", none: "" }): string {
  const composed = compile(document).compose({ id: "d", dueAt: 0 }, { customer });
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request.body ?? composed.request.path;
}

function toUrl(rest: string): Partial<ActionDocument> {
  return { url: `https://h.example.com/${rest}` };
}

function codesOf(document: Partial<ActionDocument>): string[] {
  return findWarnings(compile(document)).map(({ code }) => String(code));
}

function captured(written: string): string {
  return `{% capture x %}${written}{% endcapture %}`;
}

const JSON_NAME = captured("{{ customer.name | json }}");
const ENCODED_NAME = captured("{{ customer.name | url_encode }}");

describe("a capture of one output alone", () => {
  test.each([
    "{{ customer.name | json }}",
    "\n  {{ customer.name | to_json }}\n",
    "{% comment %}x{% endcomment %}{% assign n = customer.name %}{{ n | jsonify | strip }}",
    "{% assign j = customer.name | json %}{{ j }}",
    "{% if customer.name %}{{ customer.name | json }}{% else %}null{% endif %}",
    "{% case customer.name %}{% when 'x' %}none{% else %}{% echo customer.name | json %}{% endcase %}",
  ])("%s is JSON, as what is assigned is", (written) => {
    const body = `{"n": ${captured(written)}{{ x }}, "m": {% assign y = x %}{{ y | strip }}}`;
    expect(codesOf({ body })).toEqual([]);
    fc.assert(
      fc.property(
        anyText.filter((name) => name !== "x"),
        (name) => {
          expect(JSON.parse(send({ body }, { name }))).toEqual({ n: name, m: name });
        },
      ),
    );
  });

  test.each([
    ["{{ customer.name | url_encode }}", "Dee%20%26%20Co", "Dee+%26+Co"],
    ["{{ customer.name | cgi_escape }}", "Dee%20%26%20Co", "Dee+%26+Co"],
    ["{{ customer.name | uri_escape }}", "Dee%20%26%20Co", "Dee%20%26%20Co"],
    ["{{ customer.name | url_encode | replace: '+', '%20' }}", "Dee%20%26%20Co", "Dee%20%26%20Co"],
    ["{% assign e = customer.name | url_encode %}{{ e }}", "Dee%20%26%20Co", "Dee+%26+Co"],
    [
      "{% if customer.none == '' %}{{ customer.name | url_encode }}{% else %}none{% endif %}",
      "Dee%20%26%20Co",
      "Dee+%26+Co",
    ],
  ])("%s is encoded once in URLs and forms", (written, path, query) => {
    const capture = captured(written);
    expect(send(toUrl(`${capture}{{ x }}?q={{ x }}`))).toBe(`/${path}?q=${query}`);
    expect(send({ ...FORM, body: `${capture}q={{ x }}` })).toBe(`q=${query}`);
    expect(codesOf(toUrl(`${capture}{{ x }}?q={{ x }}`))).toEqual([]);
    expect(codesOf({ ...FORM, body: `${capture}q={{ x }}` })).toEqual([]);
  });

  test("whatever is encoded in it ends neither its segment nor its parameter", () => {
    fc.assert(
      fc.property(anyText, (name) => {
        const sent = send(toUrl(`p-${ENCODED_NAME}{{ x }}?q={{ x }}&r=1`), { name });
        const { pathname, searchParams } = new URL(`https://h${sent}`);
        const read = Buffer.from(name).toString();
        expect(decodeURIComponent(pathname)).toBe(`/p-${read}`);
        expect([...searchParams]).toEqual([
          ["q", read],
          ["r", "1"],
        ]);
      }),
    );
  });

  test("entities are written once in XML", () => {
    expect(send({ ...XML, body: `<a>${captured("{{ customer.name | escape }}")}{{ x }}</a>` })).toBe(
      "<a>Dee &amp; Co</a>",
    );
  });

  test.each([
    [`${JSON_NAME}{"n": {{ x | remove: '"' }}}`, "Dee & Co"],
    [`${captured("{{ customer.name | json | remove: '\"' }}")}{"n": {{ x }}}`, "Dee & Co"],
    [`${JSON_NAME}{"n": {{ x.size }}}`, 10],
    [`{% assign x = customer.name | json %}{"n": {{ x.size }}}`, 10],
    [`${JSON_NAME}{"n": "{{ x[0] }}{{ x | slice: 1, 3 }}{{ x | last }}"}`, '"Dee"'],
    [`${JSON_NAME}{"n": [{% for one in x %}"{{ one | remove: '"' }}"{% endfor %}]}`, ["Dee & Co"]],
    [`${JSON_NAME}{"n": {% if x contains "Dee" and x != blank %}1{% endif %}}`, 1],
    [`${captured("{{ customer.none | json }}")}{"n": {% if x == '""' %}{{ x }}{% endif %}}`, ""],
    [`${captured("{{ customer.name }}")}{"n": {{ x }}}`, "Dee & Co"],
    // Both branches of a case are written.
    [
      `${captured("{% case 1 %}{% when 1 %}{{ customer.name }}{% when 1 %}{{ customer.name | json }}{% endcase %}")}{"n": {{ x }}}`,
      'Dee & Co"Dee & Co"',
    ],
    [
      `${captured("{% case 1 %}{% when 1 %}{{ customer.name | json }}{% when 1 %}yes{% endcase %}")}{"n": {{ x }}}`,
      '"Dee & Co"yes',
    ],
    [
      `${captured("{% case 1 %}{% when 1 %}{{ 1 | json }}{% when 1 %}{% cycle ',\"admin\":true' %}{% endcase %}")}{"n": {{ x }}}`,
      '1,"admin":true',
    ],
    // What it takes away is no space.
    [`${JSON_NAME}{"n": {{ x | strip: '"' }}}`, "Dee & Co"],
  ])("%s reads a text like any other", (body, n) => {
    expect(JSON.parse(send({ body }))).toEqual({ n });
  });
});

describe("what is not certain is warned of", () => {
  test.each([
    `${JSON_NAME}{"n": "{{ x }}"}`,
    `${JSON_NAME}{% assign y = x %}{"n": "Dear {{ y }}"}`,
    `${captured("Dear {{ customer.name | json }}")}{"n": "{{ x }}"}`,
    `${captured("Dear {{ customer.name | json }}")}{"n": {{ x }}}`,
    `${captured("{% for n in customer.l %}{{ n | json }},{% endfor %}0")}{"l": [{{ x }}]}`,
    `${JSON_NAME}{"n": {{ x | append: "!" }}}`,
    `{% assign j = customer.name | json %}{% assign x = "Dear " | append: j %}{"n": "{{ x }}"}`,
    `{"n": {{ customer.name | json | default: "x" }}}`,
  ])("json_in_quotes: %s", (body) => {
    const warnings = findWarnings(compile({ body }));
    expect(warnings).toMatchObject([{ field: "body", code: "json_in_quotes" }]);
    expect(warnings[0]?.message).toMatch(/leave|write/);
  });

  const F = "{% assign e = customer.name | url_encode %}{% assign f = 'x=' | append: e %}";
  test.each([
    `?${F}{{ f }}`,
    `${F}?{{ f }}`,
    `?q=${captured("x-{{ customer.name | url_encode }}")}{{ x }}`,
    `${captured("?q={{ customer.name | url_encode }}")}{{ x }}`,
    `?{% assign s = '' %}{% for i in customer.l %}{% assign e = i | url_encode %}{% assign s = s | append: '&i=' | append: e %}{% endfor %}{{ s }}`,
    `?q={{ customer.name | url_encode | append: customer.none }}`,
    `?q={{ customer.name | url_encode | default: 'x' }}`,
    `?q=${ENCODED_NAME}{{ x | append: customer.none }}`,
  ])("encoded_twice: %s", (rest) => {
    const warnings = findWarnings(compile(toUrl(rest)));
    expect(warnings).toMatchObject([{ field: "url", code: "encoded_twice" }]);
    expect(warnings[0]?.message).toMatch(/leave the encoding out, or write \| raw/);
  });

  test("and what to write is right", () => {
    expect(send(toUrl(`${F}?{{ f | raw }}`))).toBe("/?x=Dee+%26+Co");
    const items = captured(
      "{% for n in customer.l %}{{ n | json }}{% unless forloop.last %},{% endunless %}{% endfor %}",
    );
    expect(JSON.parse(send({ body: `${items}[{{ x | raw }}]` }, { l: ['a"', 1] }))).toEqual(['a"', 1]);
  });

  test("in form bodies, form values and XML, too", () => {
    expect(codesOf({ ...FORM, body: `${F}{{ f }}` })).toEqual(["encoded_twice"]);
    const ofValue = (value: string) => codesOf({ form: [{ name: "a", value }] });
    expect(ofValue(`${ENCODED_NAME}{{ x }}`)).toEqual(["encoded_twice"]);
    expect(ofValue(`${F}{{ f }}`)).toEqual(["encoded_twice"]);
    expect(ofValue("{% assign u = 'https://h/?' | append: customer.name | url_encode %}x{{ u }}")).toEqual(
      [],
    );
    const escaped = captured("Dear {{ customer.name | escape }}");
    expect(codesOf({ ...XML, body: `<a>${escaped}{{ x }}</a>` })).toEqual(["escaped_by_hand"]);
  });

  test.each([
    // A URL, or markup, in a value may be what is meant.
    toUrl(`?u=${captured("https://h/?q={{ customer.name | url_encode }}")}{{ x }}`),
    toUrl(`?u=${captured("/p?q={{ customer.name | url_encode }}")}{{ x }}`),
    { ...XML, body: `<a>${captured("<b>{{ customer.name | escape }}</b>")}{{ x }}</a>` },
    { body: `${captured("{{ customer | json }}")}{"n": "{{ x }}"}` },
    { body: `${captured("Sent: {{ customer | json }}")}{"n": "{{ x }}"}` },
    { body: `${captured('{"a": {{ customer.name | json }}}')}{"n": {{ x }}}` },
    { body: `${captured("x-{{ customer.name | json }}")}{"n": "{{ x | sha256 }}"}` },
    { body: `${captured("{{ customer.name | url_encode }}-x")}{"n": "{{ x }}"}` },
    toUrl(`${captured("?q={{ customer.name | url_encode }}")}{{ x | raw }}`),
    toUrl(`?${F}{% assign f = customer.name %}{{ f }}`),
    // A loop's own name hides the other.
    { body: `${JSON_NAME}{% for x in customer.l %}"{{ x }}"{% endfor %}` },
  ])("of %j nothing is told", (document) => {
    expect(codesOf(document)).toEqual([]);
  });
});
