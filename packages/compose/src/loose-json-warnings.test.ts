// JSON under types and in fields that do not say so: escaped where the type is one of JSON's, and told of
// elsewhere, with what to write.

import { createHmac } from "node:crypto";
import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText } from "../../../tests/support/awkward-text.ts";
import { compileAction } from "./compile.ts";
import type { Composed, ComposedRequest } from "./request.ts";
import { findWarnings } from "./warnings.ts";

const NAME = 'Ann "A" \\ Lee\nx';

function compile(document: Partial<ActionDocument>) {
  return compileAction(parseAction({ id: "a", url: "https://h.example.com/x", ...document }));
}

function compose(document: Partial<ActionDocument>, customer: object): Composed {
  return compile(document).compose({ id: "d", dueAt: 0 }, { customer });
}

function send(document: Partial<ActionDocument>, customer: object = { name: NAME }): ComposedRequest {
  const composed = compose(document, customer);
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request;
}

function codesOf(document: Partial<ActionDocument>): string[] {
  return findWarnings(compile(document)).map(({ code }) => String(code));
}

const type = (value: string) => ({ headers: [{ name: "Content-Type", value }] });

const JSON_TYPES = [
  "application/x-amz-json-1.1",
  "application/x-amz-json-1.0",
  "text/x-json",
  "application/json",
];
const LINES_TYPES = [
  "application/x-ndjson",
  "application/ndjson; charset=utf-8",
  "application/jsonl",
  "application/vnd.elasticsearch+x-ndjson; compatible-with=8",
];

describe("types of JSON", () => {
  test.each([...JSON_TYPES, ...LINES_TYPES])("%s is escaped", (name) => {
    const body = '{"n": "{{ customer.name }}", "v": {{ customer.v }}}';
    expect(codesOf({ ...type(name), body })).toEqual([]);
    fc.assert(
      fc.property(
        anyText.filter((text) => !/^[\d-]|^(?:true|false|null)$/.test(text)),
        (text) => {
          expect(JSON.parse(send({ ...type(name), body }, { name: text, v: text }).body ?? "")).toEqual({
            n: text,
            v: text,
          });
        },
      ),
    );
  });

  test.each(JSON_TYPES)("%s is checked", (name) => {
    const body = '{"n": {{ customer.name | raw }}}';
    expect(compose({ ...type(name), body }, { name: "x" })).toMatchObject({ reason: "body_invalid" });
    expect(codesOf({ ...type(name), body: '{"n": "{{ customer.name }}",}' })).toEqual(["never_json"]);
  });

  test("each line is escaped and checked", () => {
    const body = '{"index": {"_id": "{{ customer.name }}"}}\n{{ customer }}\n\n';
    const lines = (send({ ...type("application/x-ndjson"), body }).body ?? "").split("\n");
    expect(lines.map((line) => line && JSON.parse(line))).toEqual([
      { index: { _id: NAME } },
      { name: NAME },
      "",
      "",
    ]);
    const loop = '{% for t in customer.tags %}{"t": "{{ t }}"}\n{% endfor %}';
    expect(send({ ...type("application/x-ndjson"), body: loop }, { tags: ['"', "b"] }).body).toBe(
      '{"t": "\\""}\n{"t": "b"}\n',
    );
    expect(send({ ...type("application/x-ndjson"), body: loop }, { tags: [] }).body).toBe("");
  });

  test("a line that is no JSON is told, with its place; one value on several lines is none", () => {
    const wrong = '{"a": 1}\n{"b": {{ customer.name | raw }}}\n';
    expect(compose({ ...type("application/x-ndjson"), body: wrong }, { name: "x" })).toMatchObject({
      reason: "body_invalid",
      problems: [{ line: 2, column: 7, message: expect.stringContaining("customer.name") }],
    });
    const open = '{"a": 1}\n{"b": {{ customer.name }}\n';
    expect(codesOf({ ...type("application/x-ndjson"), body: open })).toEqual(["never_json"]);
    const spread = '{\n  "a": "{{ customer.name }}"\n}\n{"b": [\n1]}';
    expect(codesOf({ ...type("application/x-ndjson"), body: spread })).toEqual([]);
    expect(send({ ...type("application/x-ndjson"), body: spread }).body).toContain("\\n");
  });
});

describe("what is written by hand under a less common type of JSON is sent as it is", () => {
  const AWS = type("application/x-amz-json-1.1");
  test.each([
    [`{% assign n = customer.name | replace: '"', '\\\\"' %}{"n": "{{ n }}"}`, '{"n": "A \\"q\\""}'],
    [`{% assign l = customer.tags | join: '","' %}{"l": ["{{ l }}"]}`, '{"l": ["a","b"]}'],
    [`{"l": [{{ customer.tags | join: '","' | prepend: '"' | append: '"' }}]}`, '{"l": ["a","b"]}'],
    [`{% assign j = customer.name | json %}{"n": "x{{ j | remove: '"' }}"}`, '{"n": "xA \\q\\"}'],
    [`{% assign d = '{"a":1' | append: '}' %}{"d": {{ d }}}`, '{"d": {"a":1}}'],
    ['{"n": "{{ customer.id | json | slice: 1, 2 }}"}', '{"n": "i1"}'],
  ])("%s", (body, sent) => {
    const customer = { name: 'A "q"', tags: ["a", "b"], id: "i1" };
    expect(send({ ...AWS, body }, customer).body).toBe(sent);
    expect(send({ ...type("application/x-ndjson"), body }, customer).body).toBe(sent);
  });

  test("and the other values in it, which nothing escapes, are told", () => {
    const body = `{"n": "{{ customer.name | replace: '"', "'" }}", "p": "{{ customer.plan }}"}`;
    const warnings = findWarnings(compile({ ...AWS, body }));
    expect(warnings).toEqual([expect.objectContaining({ code: "json_not_escaped" })]);
    expect(warnings[0]?.message).toMatch(
      /^\{\{ customer.plan \}\} .*no quote marks or backslashes in filters/,
    );
    expect(codesOf({ ...AWS, body: `{"n": "{{ customer.name | replace: '"', "'" }}"}` })).toEqual([]);
  });

  test("literals without quote marks are no writing by hand", () => {
    const body = `{"n": "{{ customer.name | default: 'a' | append: "it's" | date: "%s" }}", "m": "{{ customer.name }}"}`;
    expect(JSON.parse(send({ ...AWS, body }).body ?? "").m).toBe(NAME);
  });
});

describe("JSON under a type that is not JSON's", () => {
  test.each([
    '{"n": "{{ customer.name }}"}',
    '  [{"n": "Dear {{ customer.name | upcase }}"}]',
    '{% assign n = customer.name | append: "!" %}\n{"n": "{{ n }}"}',
    '{"a": {{ customer.a }}, "l": [{% for t in customer.l %}"{{ t }}",{% endfor %}1]}',
    '{"a": 1}\n{"n": "{{ customer.name }}"}',
    `{"n": "{{ 'Dear ' | append: customer.name }}"}`,
    `{% assign n = "" %}{% for t in customer.tags %}{% assign n = n | append: t %}{% endfor %}{"n": "{{ n }}"}`,
  ])("%s: nothing is escaped, which is told", (body) => {
    const warnings = findWarnings(compile({ ...type("text/plain"), body }));
    expect(warnings).toEqual([expect.objectContaining({ field: "body", code: "json_not_escaped" })]);
    expect(warnings[0]?.message).toMatch(
      /under the Content-Type text\/plain.*application\/json, or \{\{ … \| json \}\}/,
    );
  });

  test.each([
    '{"n": {{ customer.name | json }}}',
    '{"n": "{{ customer.name | url_encode }}", "t": "{{ customer.t | date: "%s" }}"}',
    '{"n": "{{ customer.name | raw }}"}',
    `{"n": "{{ customer.name | replace: '"', '\\"' }}"}`,
    `{% assign n = customer.name | replace: '"', "'" %}{"n": "{{ n }}"}`,
    '{"n": {{ customer.n }}, "d": "{{ delivery_id }}", "i": "{% generate_uuid %}"}',
    `{% capture n %}x{{ customer.t | date: "%s" }}{% endcapture %}{% assign m = n | append: "y" %}{"n": "{{ m }}"}`,
    '[INFO] "{{ customer.name }}" has signed in',
    '[{{ customer.level }}] "{{ customer.name }}"',
    '{{ customer.greeting }} {"n": "{{ customer.name }}"}',
    '{% if customer.vip %}[VIP] {% endif %}"{{ customer.name }}"',
    '{ user(name: "{{ customer.name }}") { id } }',
    'Dear "{{ customer.name }}"',
  ])("of %s nothing is told", (body) => {
    expect(codesOf({ ...type("text/plain"), body })).toEqual([]);
  });

  test("nor where escaping is none", () => {
    expect(
      codesOf({ ...type("text/plain"), escaping: "none", body: '{"n": "{{ customer.name }}"}' }),
    ).toEqual([]);
  });

  test("and what to write is right", () => {
    const body = '{"n": {{ customer.name | json }}, "g": {{ customer.name | prepend: "Hi " | json }}}';
    expect(JSON.parse(send({ ...type("text/plain"), body }).body ?? "")).toEqual({
      n: NAME,
      g: `Hi ${NAME}`,
    });
  });
});

describe("JSON in a field that is none", () => {
  const D = '{% capture d %}{"n":"{{ customer.name }}"}{% endcapture %}';
  test.each<[string, Partial<ActionDocument>]>([
    ["form[0].value", { form: [{ name: "payload", value: '{"text": "Hi {{ customer.name }}"}' }] }],
    [
      "headers[0].value",
      { headers: [{ name: "Dropbox-API-Arg", value: '{"path":"/{{ customer.name }}.txt"}' }] },
    ],
    ["headers[0].value", { headers: [{ name: "X-Sign", value: `${D}{{ d | hmac_sha256: "k" }}` }] }],
    ["url", { url: `https://h/x?data=${D}{{ d | base64_encode }}` }],
    ["url", { url: 'https://h/x?a=1&data={"n":"{{ customer.name }}"}' }],
    ["body", { ...type("x-www-form-urlencoded"), body: 'a=1\npayload={"text": "Hi {{ customer.name }}"}' }],
    ["body", { ...type("x-www-form-urlencoded"), body: `{% if customer.name %}${D}{% endif %}d={{ d }}` }],
    ["body", { ...type("application/xml"), body: `${D}<d>{{ d }}</d>` }],
    ["body", { ...type("text/plain"), body: `${D}{{ d | base64_encode }}` }],
    [
      "body",
      {
        body: `{% assign d = '{"n":"' | append: customer.name | append: '"}' %}{"d": "{{ d | base64_encode }}"}`,
      },
    ],
    ["url", { url: `https://h/x?d={{ '{"n":"' | append: customer.name | append: '"}' }}` }],
  ])("%s: %j is told, with what to write", (field, document) => {
    const warnings = findWarnings(compile(document));
    expect(warnings).toEqual([expect.objectContaining({ field, code: "json_not_escaped" })]);
    expect(warnings[0]?.message).toMatch(/\{\{ … \| json \}\} without quotes around it/);
  });

  test.each<Partial<ActionDocument>>([
    { form: [{ name: "payload", value: '{"text": {{ customer.name | json }}, "n": {{ customer.n }}}' }] },
    { form: [{ name: "text", value: '"{{ customer.name }}" has signed in' }] },
    { form: [{ name: "payload", value: '{"text": "{{ delivery_id }}"}' }] },
    { headers: [{ name: "X-A", value: '[{{ customer.a }}] "{{ customer.name }}"' }] },
    {
      headers: [
        { name: "X-A", value: `{% capture n %}{{ customer.name | json }}{% endcapture %}{"a": {{ n }}}` },
      ],
    },
    { url: "https://h/x?filter[name]={{ customer.name }}&list=[{{ customer.n }}]" },
    { escaping: "none", form: [{ name: "payload", value: '{"text": "{{ customer.name }}"}' }] },
    // In a JSON body a captured piece of JSON is escaped.
    { body: `${D}{"d": {{ d }}}` },
    {
      body: `{% assign n = customer.name | json %}{% assign d = '{"n":' | append: n | append: '}' %}{"d": {{ d | base64_encode | json }}}`,
    },
  ])("of %j nothing is", (document) => {
    expect(codesOf(document)).toEqual([]);
  });

  test("and what to write is right", () => {
    const json =
      '{"n":{{ customer.name | json }},"g":{{ customer.name | prepend: "/" | append: ".txt" | json }}}';
    const capture = `{% capture d %}${json}{% endcapture %}`;
    const expected = { n: NAME, g: `/${NAME}.txt` };
    const { path, headers, body } = send({
      url: `https://h/x?e=${capture}{{ d | base64_encode }}&d={"n":{{ customer.name | json }}}`,
      headers: [
        { name: "X-Arg", value: json },
        { name: "X-Sign", value: `${capture}{{ d | hmac_sha256: "k" }}` },
      ],
      body: json,
    });
    const { searchParams } = new URL(`https://h${path}`);
    expect(JSON.parse(Buffer.from(searchParams.get("e") ?? "", "base64").toString())).toEqual(expected);
    expect(JSON.parse(searchParams.get("d") ?? "")).toEqual({ n: NAME });
    expect(JSON.parse(headers[headers.indexOf("X-Arg") + 1] ?? "")).toEqual(expected);
    // What is signed is what is sent.
    expect(headers[headers.indexOf("X-Sign") + 1]).toBe(
      createHmac("sha256", "k")
        .update(body ?? "")
        .digest("hex"),
    );
    const form = send({ form: [{ name: "payload", value: json }] }).body ?? "";
    expect(JSON.parse(new URLSearchParams(form).get("payload") ?? "")).toEqual(expected);
  });
});
