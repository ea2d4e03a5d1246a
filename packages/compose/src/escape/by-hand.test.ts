// Templates that escape by hand: the receiver reads what it would have read without our escaping, or the
// author is warned.

import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileAction } from "../compile.ts";
import { findWarnings } from "../warnings.ts";

function compile(document: Partial<ActionDocument>) {
  return compileAction(parseAction({ id: "a", url: "https://h.example.com/x", ...document }));
}

function bodyOf(document: Partial<ActionDocument>, customer: object): string {
  const composed = compile(document).compose({ id: "d", dueAt: 0 }, { customer });
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request.body ?? composed.request.path;
}

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    '"',
    '\\"',
    "\\",
    "\\n",
    "\n",
    "\r\n",
    "\t",
    "/",
    '","',
    "&amp;",
    "&",
    "+",
    "%2B",
    " ",
    "<b>",
  ),
);

describe("in JSON", () => {
  const QUOTES = `replace: '"', '\\\\"'`;
  const BACKSLASHES = `replace: "\\\\", "\\\\\\\\"`;
  const BREAKS = `replace: "\\n", "\\\\n"`;

  test.each([
    [QUOTES],
    [BACKSLASHES, QUOTES],
    [BACKSLASHES, QUOTES, BREAKS],
    [BREAKS, QUOTES],
    ["replace: '/', '\\\\/'"],
    ["replace: '\"', '\\u0022'"],
  ])("%s before the closing quote changes nothing", (...filters) => {
    const document = { body: `{"q": "<{{ customer.q | ${filters.join(" | ")} }}>"}` };
    expect(findWarnings(compile(document))).toEqual([]);
    fc.assert(
      fc.property(text, (q) => {
        expect(JSON.parse(bodyOf(document, { q }))).toEqual({ q: `<${q}>` });
      }),
    );
  });

  test("an object between quotes is JSON text, once", () => {
    const document = { body: `{"q": "{{ customer | ${QUOTES} }}"}` };
    const customer = { id: 1, name: 'a"b\\' };
    expect(JSON.parse(JSON.parse(bodyOf(document, customer)).q)).toEqual(customer);
  });

  test("what another line break becomes is kept", () => {
    const document = {
      body: `{"q": "{{ customer.q | replace: customer.none, '' | replace: "\\r\\n", "\\\\n" }}"}`,
    };
    expect(JSON.parse(bodyOf({ ...document, missing: "empty" }, { q: "a\r\nb" }))).toEqual({ q: "a\nb" });
  });

  test.each([
    ['["{{ customer.l | join: \'","\' }}"]', (l: string[]) => (l.length === 0 ? [""] : l)],
    [
      '["first", "{{ customer.l | join: \'", "\' }}" ]',
      (l: string[]) => ["first", ...(l.length === 0 ? [""] : l)],
    ],
    [
      '[ "{{ customer.l | join: \'","\' }}", "last"]',
      (l: string[]) => [...(l.length === 0 ? [""] : l), "last"],
    ],
    [
      '{"a": [{% if true %}["{{ customer.l | join: \'","\' }}"]{% endif %}]}',
      (l: string[]) => ({ a: [l.length === 0 ? [""] : l] }),
    ],
  ])("%s is the list", (body, expected) => {
    expect(findWarnings(compile({ body }))).toEqual([]);
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (l) => {
        expect(JSON.parse(bodyOf({ body }, { l }))).toEqual(expected(l));
      }),
    );
  });

  test("a list that is joined outside quotes is a list of values", () => {
    const body = '{"l": [{{ customer.l | join: ", " }}], "m": [0, {{ customer.l | join: "," }}]}';
    expect(findWarnings(compile({ body }))).toEqual([]);
    expect(JSON.parse(bodyOf({ body }, { l: [1, "2", 'a"b', null, { x: 1 }] }))).toEqual({
      l: [1, 2, 'a"b', null, { x: 1 }],
      m: [0, 1, 2, 'a"b', null, { x: 1 }],
    });
    expect(JSON.parse(bodyOf({ body: '[{{ customer.l | join: "," }}]' }, { l: [] }))).toEqual([]);
  });

  test.each([
    ["escaped_by_hand", `{"q": "{{ customer.q | ${QUOTES} | truncate: 20 }}"}`],
    ["escaped_by_hand", `{% assign q = customer.q | ${QUOTES} %}{"q": "{{ q }}"}`],
    ["escaped_by_hand", `{% capture q %}{{ customer.q | ${QUOTES} }}{% endcapture %}{"q": "{{ q }}"}`],
    ["escaped_by_hand", `{"q": {{ customer.q | ${QUOTES} }}}`],
    ["escaped_by_hand", `{"q": "{{ customer.q | replace: '"', '\\\\\\\\"' }}"}`],
    ["escaped_by_hand", `{"q": "{{ customer.q | replace: "'", "\\\\'" }}"}`],
    ["escaped_by_hand", `{"q": "{{ customer.q | replace: ', ', '\\\\n' }}"}`],
    ["quotes_joined", `{"l": "{{ customer.l | join: '","' }}"}`],
    ["quotes_joined", `{% assign l = customer.l | join: '","' %}{"l": "{{ l }}"}`],
    ["quotes_joined", `[{"id": "{{ customer.l | join: '"},{"id":"' }}"}]`],
    ["json_in_quotes", '{"name": "{{ customer.name | json }}"}'],
    ["json_in_quotes", '{"name": "Dear {{ customer.name | to_json }}!"}'],
    ["json_in_quotes", '{"name": "{{ customer.name | default: "you" | jsonify }}"}'],
    ["json_in_quotes", '{"name": "{{ customer.name | json | remove: \'"\' }}"}'],
    ["json_in_quotes", '{"name": "{{ customer.name | json | slice: 1, 9 }}"}'],
    ["json_in_quotes", '{% assign n = customer.name | json %}{"name": "{{ n }}"}'],
    ["html_in_json", '{"name": "{{ customer.name | escape }}"}'],
    ["html_in_json", '{"name": "{{ customer.name | htmlencode }}"}'],
    ["html_in_json", `{"name": "{{ customer.name | replace: '"', '&quot;' }}"}`],
  ])("%s: %s", (code, body) => {
    const warnings = findWarnings(compile({ body }));
    expect(warnings).toMatchObject([{ field: "body", line: 1, column: expect.any(Number), code }]);
    expect(warnings[0]?.message).toMatch(/leave|write/);
  });

  test.each([
    '{"name": {{ customer.name | json }}}',
    '{"customer": "{{ customer | json }}"}',
    '{"digest": "{{ customer.name | json | sha256 }}"}',
    '{"html": "<p>{{ customer.name | escape }}</p>"}',
    `{"q": "{{ customer.q | replace: '"', "'" | strip_newlines | replace: '/', '\\\\' }}"}`,
    '{"link": "https://h/?q={{ customer.q | url_encode }}"}',
    '{"l": "{{ customer.l | join: \', \' }}"}',
  ])("of %s nothing is told", (body) => {
    expect(findWarnings(compile({ body }))).toEqual([]);
  });

  test("without escaping, escaping by hand is right, and JSON between quotes is not", () => {
    const codes = (body: string) => findWarnings(compile({ body, escaping: "none" })).map(({ code }) => code);
    expect(codes(`{"q": "{{ customer.q | ${QUOTES} }}"}`)).not.toContain("escaped_by_hand");
    expect(codes('{"q": "{{ customer.q | json }}"}')).toEqual(["json_in_quotes"]);
  });
});

describe("in XML", () => {
  const headers = [{ name: "Content-Type", value: "text/xml" }];

  test("entities for special characters are written once", () => {
    const filters = `replace: '&', '&amp;' | replace: '<', '&lt;' | replace: '>', '&gt;' | replace: '"', '&quot;' | replace: "'", '&#39;'`;
    const document = {
      headers,
      body: `<a b="{{ customer.q | ${filters} }}">{{ customer.q | ${filters} }}</a>`,
    };
    expect(findWarnings(compile(document))).toEqual([]);
    expect(bodyOf(document, { q: `<"'&>` })).toBe(
      `<a b="&lt;&#34;&#39;&amp;&gt;">&lt;&#34;&#39;&amp;&gt;</a>`,
    );
  });

  test("what is not told for certain is warned of", () => {
    const body = "{% assign q = customer.q | replace: '&', '&amp;' %}<a>{{ q }}</a>";
    expect(findWarnings(compile({ headers, body }))).toMatchObject([{ code: "escaped_by_hand" }]);
    expect(findWarnings(compile({ headers, body: "<a>{{ customer.q | replace: '&', 'and' }}</a>" }))).toEqual(
      [],
    );
  });
});

describe("in URLs and forms", () => {
  test.each([
    ["?q={{ customer.q | replace: '+', '%2B' }}", "?q=a%20b%2Bc%26d%C3%A9"],
    ["?q={{ customer.q | replace: '&', '%26' | replace: ' ', '+' }}", "?q=a%20b%2Bc%26d%C3%A9"],
    ["/{{ customer.q | replace: ' ', '%20' }}", "/a%20b%2Bc%26d%C3%A9"],
    ["/{{ customer.q | replace: ' ', '+' }}", "/a%2Bb%2Bc%26d%C3%A9"],
    [
      "/{{ customer.q | url_encode }}?q={{ customer.q | url_encode }}",
      "/a%20b%2Bc%26d%C3%A9?q=a+b%2Bc%26d%C3%A9",
    ],
    [
      "/{{ customer.q | cgi_escape }}?q={{ customer.q | cgi_escape }}",
      "/a%20b%2Bc%26d%C3%A9?q=a+b%2Bc%26d%C3%A9",
    ],
    ["/{% assign u = customer.q | url_encode %}{{ u }}", "/a%20b%2Bc%26d%C3%A9"],
    ["?q={{ customer.q | url_encode | replace: '+', '%20' }}", "?q=a%20b%2Bc%26d%C3%A9"],
    ["/{% if true %}p?q={% endif %}{{ customer.q | url_encode }}", "/p?q=a%20b%2Bc%26d%C3%A9"],
  ])("%s", (rest, path) => {
    const document = { url: `https://h.example.com${rest}` };
    expect(findWarnings(compile(document))).toEqual([]);
    expect(bodyOf(document, { q: "a b+c&dé" })).toBe(path.startsWith("?") ? `/${path}` : path);
  });

  test("an encoded password is the password, spaces and all", () => {
    const url = "https://u:{{ customer.q | url_encode }}@h.example.com/";
    const composed = compile({ url }).compose({ id: "d", dueAt: 0 }, { customer: { q: "a b+c" } });
    if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
    expect(composed.request.headers).toContain(`Basic ${Buffer.from("u:a b+c").toString("base64")}`);
  });

  test("what is assigned is warned of, without the texts of a URL with credentials", () => {
    const url =
      "https://u:hidd3n@h.example.com/{% assign q = customer.q | replace: '+', '%2B' | append: 'hidd3n' %}{{ q }}";
    const warnings = findWarnings(compile({ url }));
    expect(warnings).toMatchObject([{ field: "url", code: "escaped_by_hand" }]);
    expect(JSON.stringify(warnings)).not.toContain("hidd3n");
  });

  test("a form's own encoding is warned of where a value as a whole has it", () => {
    const codes = (value: string) =>
      findWarnings(compile({ form: [{ name: "a", value }] })).map(({ code, field }) => [code, field]);
    expect(codes("{{ customer.q | url_encode }}")).toEqual([["encoded_twice", "form[0].value"]]);
    expect(codes("{{ customer.q | replace: '+', '%2B' }}")).toEqual([["encoded_twice", "form[0].value"]]);
    expect(codes("https://h/?q={{ customer.q | url_encode }}")).toEqual([]);
    expect(codes("{{ customer.q }}")).toEqual([]);
  });
});
