// Pieces that a template builds under a name are encoded as one value: told where the template's own text in
// them parts them, with what to write.

import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
import { compileAction } from "./compile.ts";
import { findPrepared } from "./escape/prepared.ts";
import { findWarnings } from "./warnings.ts";

const FORM = { headers: [{ name: "Content-Type", value: "x-www-form-urlencoded" }] };
const XML = { headers: [{ name: "Content-Type", value: "application/xml" }] };
const CUSTOMER = { id: "a b/c", tags: ["a b", "c&d"], name: "<Dee> & Co" };

function compile(document: Partial<ActionDocument>) {
  return compileAction(parseAction({ id: "a", url: "https://h.example.com/x", ...document }));
}

function send(document: Partial<ActionDocument>): string {
  const composed = compile(document).compose({ id: "d", dueAt: 0 }, { customer: CUSTOMER });
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request.body ?? composed.request.path;
}

function warn(document: Partial<ActionDocument>) {
  return findWarnings(compile(document));
}

const toUrl = (rest: string) => ({ url: `https://h.example.com${rest}` });
const captured = (text: string) => `{% capture x %}${text}{% endcapture %}`;
const TAGS = captured("{% for t in customer.tags %}tag={{ t }}&{% endfor %}");
const ROWS = captured("{% for t in customer.tags %}<t>{{ t }}</t>{% endfor %}");

describe("told", () => {
  test.each([
    ["a query", toUrl(`/q?${TAGS}{{ x }}`)],
    ["more of a query", toUrl(`/q?a=1&${TAGS}{{ x }}`)],
    ["a parameter and more", toUrl(`/q?tag=${captured("{{ customer.id }}&tag={{ customer.name }}")}{{ x }}`)],
    ["an appended query", toUrl("/q?{% assign x = 'id=' | append: customer.id %}{{ x }}")],
    ["a prepended one", toUrl("/q?{{ customer.id | prepend: 'id=' }}")],
    [
      "one of two ways",
      toUrl(`/q?{% if customer.a %}{% assign x = 'id=1' %}{% else %}{% assign x = 'b' %}{% endif %}{{ x }}`),
    ],
    ["joined parameters", toUrl("/q?tag={{ customer.tags | join: '&tag=' }}")],
    ["a path", toUrl(`/${captured("people/{{ customer.id }}")}{{ x }}`)],
    ["an appended path", toUrl("/{% assign x = 'people/' | append: customer.id %}{{ x }}")],
    ["path and query", toUrl(`/${captured("people?id={{ customer.id }}")}{{ x }}`)],
    ["a form", { ...FORM, body: `${TAGS}{{ x }}` }],
    ["a line of a form", { ...FORM, body: `a=1\n${TAGS}{{ x }}` }],
    ["elements", { ...XML, body: `${ROWS}<r>{{ x }}</r>` }],
    ["an assigned element", { ...XML, body: "{% assign x = '<vip/>' %}<r>{{ x }}</r>" }],
  ])("%s", (_, document) => {
    expect(warn(document)).toEqual([
      expect.objectContaining({
        code: "piece_encoded",
        message: expect.stringMatching(/ \| raw behind the whole.*behind the whole says so$/),
      }),
    ]);
  });
});

describe("of what may well be one value nothing", () => {
  test.each([
    ["a URL", toUrl(`/q?u=${captured("https://h/?q={{ customer.id }}&a=1")}{{ x }}`)],
    ["a URL as a segment", toUrl(`/q/${captured("https://h/{{ customer.id }}")}{{ x }}`)],
    ["a path in a query", toUrl(`/q?next=${captured("/people/{{ customer.id }}")}{{ x }}`)],
    ["a formula", toUrl(`/q?where=${captured("name='{{ customer.name }}'")}{{ x }}`)],
    ["a date", toUrl("/q/{{ customer.t | date: '%d/%m/%Y' }}?d={{ customer.t | date: '%d/%m/%Y' }}")],
    [
      "slashes that are taken out",
      toUrl("/{% assign x = 'a/b' | replace: '/', '-' %}{{ x }}/{{ customer.id | replace: '/', '-' }}"),
    ],
    [
      "a name in words",
      toUrl(`/${captured("{{ customer.id }}-{{ customer.name }}")}{{ x }}?${captured("a b")}{{ x }}=1`),
    ],
    ["a name that is given anew", toUrl(`/${captured("a/b")}{% assign x = customer.id %}{{ x }}`)],
    ["what is opted out", toUrl(`/${captured("people/1")}{{ x | raw }}`)],
    ["a value of a form", { form: [{ name: "q", value: `${TAGS}{{ x }}` }] }],
    ["text", { ...XML, body: `${captured("1 < {{ customer.id }}")}<r>{{ x }}</r>` }],
    ["an attribute", { ...XML, body: `${captured("<b>{{ customer.id }}</b>")}<r a="{{ x }}"/>` }],
    ["JSON", { body: `${captured("a/b=<c>&d=")}{"a": "{{ x }}"}` }],
    ["no escaping", { escaping: "none" as const, ...toUrl(`/q?${TAGS}{{ x }}`) }],
  ])("%s", (_, document) => {
    expect(warn(document)).toEqual([]);
  });

  test("and what says that it is one is sent as before", () => {
    const path = captured("people/{{ customer.id }}");
    expect(warn(toUrl(`/${path}{{ x | url_encode }}?${path}{{ x | url_encode }}=`))).toEqual([]);
    expect(send(toUrl(`/${path}{{ x | url_encode }}`))).toBe(send(toUrl(`/${path}{{ x }}`)));
    expect(warn({ ...XML, body: `${ROWS}<r>{{ x | escape }}</r>` })).toEqual([]);
    expect(send({ ...XML, body: `${ROWS}<r>{{ x | escape }}</r>` })).toBe(
      send({ ...XML, body: `${ROWS}<r>{{ x }}</r>` }),
    );
  });
});

describe("what to write is right, and nothing is told of it", () => {
  test.each([
    [toUrl("/q?{% for t in customer.tags %}tag={{ t }}&{% endfor %}"), "/q?tag=a%20b&tag=c%26d&"],
    [
      toUrl(
        `/q?${captured("{% for t in customer.tags %}tag={{ t | url_encode }}&{% endfor %}")}{{ x | raw }}`,
      ),
      "/q?tag=a+b&tag=c%26d&",
    ],
    [
      toUrl(`/${captured('people/{{ customer.id | url_encode | replace: "+", "%20" }}')}{{ x | raw }}`),
      "/people/a%20b%2Fc",
    ],
    [
      {
        ...FORM,
        body: `${captured("{% for t in customer.tags %}tag={{ t | url_encode }}&{% endfor %}")}{{ x | raw }}`,
      },
      "tag=a+b&tag=c%26d",
    ],
    [
      { ...XML, body: "<r>{% for t in customer.tags %}<t>{{ t }}</t>{% endfor %}</r>" },
      "<r><t>a b</t><t>c&amp;d</t></r>",
    ],
    [
      {
        ...XML,
        body: `${captured("{% for t in customer.tags %}<t>{{ t | escape }}</t>{% endfor %}")}<r>{{ x | raw }}</r>`,
      },
      "<r><t>a b</t><t>c&amp;d</t></r>",
    ],
  ])("%j", (document, sent) => {
    expect(send(document)).toBe(sent);
    expect(warn(document)).toEqual([]);
  });
});

test("of a name that grows so much is looked at", () => {
  const doubled = "{% assign x = x | append: x %}".repeat(13);
  const { nodes } = compile(toUrl(`/q?{% assign x = 'a' %}${doubled}{{ x }}`)).fields[0]?.template ?? {
    nodes: [],
  };
  expect([...findPrepared(nodes, "url").values()].map(({ text }) => text.length)).toEqual([4_000]);
});

test("what stands in for a missing value is one value, as that is", () => {
  expect(warn(toUrl("/users/{{ customer.plan | default: 'n/a' }}/x"))).toEqual([]);
  expect(warn({ ...FORM, body: 'q={{ customer.name | default: "a=b&c=d" }}' })).toEqual([]);
});
