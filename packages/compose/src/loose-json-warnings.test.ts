// JSON under types and in fields that do not say so, where nothing is escaped: told, with what to write.

import { createHmac } from "node:crypto";
import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
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
      /under the Content-Type text\/plain.*application\/json .*, or \{\{ … \| json \}\}/,
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

  test.each([
    "application/x-amz-json-1.1",
    "application/x-ndjson",
    "application/vnd.elasticsearch+x-ndjson; compatible-with=8",
  ])("so also under %s, which is no type of JSON to Postrider", (name) => {
    const body = '{"index": {}}\n{"n": "{{ customer.name }}"}';
    expect(codesOf({ ...type(name), body })).toEqual(["json_not_escaped"]);
    const asJson = '{"index": {}}\n{"n": {{ customer.name | json }}}';
    expect(codesOf({ ...type(name), body: asJson })).toEqual([]);
    expect(send({ ...type(name), body: asJson }).body).toBe(`{"index": {}}\n{"n": ${JSON.stringify(NAME)}}`);
    // What is right today stays so: a piece of JSON that somebody else has made.
    const pieces = '{"detail": {{ customer.detail }}}';
    expect(codesOf({ ...type(name), body: pieces })).toEqual([]);
    expect(send({ ...type(name), body: pieces }, { detail: '{"k":1}' }).body).toBe('{"detail": {"k":1}}');
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
