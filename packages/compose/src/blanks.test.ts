// A value that prints nothing must not make another request of it.

import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
import { compileAction } from "./compile.ts";
import type { Composed } from "./request.ts";

const H = "https://h.example.com";

function compose(url: string, customer: object, more: object = {}): Composed {
  const action = parseAction({ id: "a", method: "DELETE", url, ...more });
  return compileAction(action).compose({ id: "d", dueAt: 0 }, { customer });
}

describe("an empty path segment fails unsent, and names the expression", () => {
  const urls: [url: string, output: string][] = [
    [`${H}/people/{{ customer.code }}`, "{{ customer.code }}"],
    [`${H}/people/{{ customer.code }}/tags`, "{{ customer.code }}"],
    [`${H}/people/{{ customer.code }}/`, "{{ customer.code }}"],
    [`${H}/people/{{ customer.code }}?force=1`, "{{ customer.code }}"],
    [`${H}/people/{{ customer.code }}#top`, "{{ customer.code }}"],
    [`${H}/{{ customer.code }}`, "{{ customer.code }}"],
    [`  ${H}:8443/{{ customer.code }}\n`, "{{ customer.code }}"],
    [`https://u:p@h.example.com/{{ customer.code }}`, "{{ customer.code }}"],
    [`${H}/p\\{{ customer.code }}\\x`, "{{ customer.code }}"],
    [`${H}/people/{{ customer.code }}{{ customer.code }}`, "{{ customer.code }}"],
    [`${H}/people/{{ customer.code | raw }}`, "{{ customer.code | raw }}"],
    [`${H}/people/{{ customer.code | uri_escape }}`, "{{ customer.code | uri_escape }}"],
    [`${H}/people/{{ customer.code | url_encode }}`, "{{ customer.code | url_encode }}"],
    [`${H}/people/{% echo customer.code %}`, "{% echo customer.code %}"],
    [`${H}/people/{% assign c = customer.code %}{{ c }}`, "{{ c }}"],
    [`${H}/people/{% capture c %}{{ customer.code }}{% endcapture %}{{ c }}`, "{{ c }}"],
    [`${H}/people{% for i in (1..2) %}/{{ customer.code }}{% endfor %}`, "{{ customer.code }}"],
    [`${H}/people/{% if customer.id %}{{ customer.code }}{% endif %}`, "{{ customer.code }}"],
    [`${H}{% raw %}/{% endraw %}{{ customer.code }}`, "{{ customer.code }}"],
  ];

  test.each(urls)("%s", (url, output) => {
    for (const code of [null, ""])
      for (const escaping of ["auto", "none"]) {
        const composed = compose(url, { id: 1, code }, { escaping });
        expect(composed).toMatchObject({
          kind: "problem",
          reason: "value_missing",
          problems: [{ field: "url", line: 1, column: expect.any(Number) }],
        });
        expect(JSON.stringify(composed)).toContain(output);
      }
    expect(compose(url, { id: 1, code: "x" })).toMatchObject({ kind: "request" });
  });

  test("also where what is missing prints nothing, and in a snippet", () => {
    expect(compose(`${H}/people/{{ customer.code }}`, { id: 1 }, { missing: "empty" })).toMatchObject({
      reason: "value_missing",
      problems: [{ message: expect.stringContaining("{{ customer.code }} is empty") }],
    });
    const snippets = { path: "people/\n{{ customer.code }}" };
    expect(compose(`${H}/{{ snippets.path }}`, { id: 1, code: "" }, { snippets })).toMatchObject({
      reason: "value_missing",
      problems: [{ field: "snippets.path", line: 2, column: 1 }],
    });
  });

  test("also where a value is nothing but slashes, or what a URL drops", () => {
    expect(compose(`${H}/people/{{ customer.code | uri_escape }}`, { code: "/" })).toMatchObject({
      reason: "value_missing",
    });
    for (const code of ["\t", "\r\n", " "])
      expect(compose(`${H}/people/{{ customer.code | raw }}`, { code })).toMatchObject({
        reason: "value_missing",
      });
  });

  test("texts in a URL with credentials stand in no message", () => {
    const url =
      "https://u:{{ 'hidd3n' }}@h.example.com/{{ customer.code | default: 'hidd3n' | remove: 'hidd3n' }}";
    expect(JSON.stringify(compose(url, { code: "" }))).not.toContain("hidd3n");
  });
});

describe("what is no empty segment is sent", () => {
  test.each([
    [`${H}/people/`, "/people/"],
    [`${H}//people//`, "//people//"],
    [`${H}/people/u-{{ customer.code }}`, "/people/u-"],
    [`${H}/people/{{ customer.code }}.json`, "/people/.json"],
    [`${H}/people/{{ customer.id }}/`, "/people/1/"],
    [`${H}/people/{{ customer.code }}{{ customer.id }}`, "/people/1"],
    [`${H}/people/{{ customer.id }}?q={{ customer.code }}&r=`, "/people/1?q=&r="],
    [`${H}/people?path=/{{ customer.code }}/x`, "/people?path=//x"],
    [`${H}/people?{{ customer.code }}`, "/people"],
    [`${H}/people/1#/{{ customer.code }}`, "/people/1"],
    [`${H}/people/{% if customer.code != "" %}{{ customer.code }}/{% endif %}tags`, "/people/tags"],
    [`${H}/people/{% if customer.none %}{{ customer.none }}{% endif %}`, "/people/"],
    [`${H}/people/{% comment %}{{ customer.code }}{% endcomment %}`, "/people/"],
    [`${H}/people/{{ customer.space }}`, "/people/%20"],
    [`https://u:{{ customer.code }}@h.example.com/x`, "/x"],
  ])("%s", (url, path) => {
    const composed = compose(url, { id: 1, code: "", space: " " });
    expect(composed).toMatchObject({ kind: "request", request: { origin: H } });
    if (composed.kind === "request") expect(composed.request.path.replace(/\?$/, "")).toBe(path);
  });
});

test("a parameter without a name fails, in a query and in a form", () => {
  expect(compose(`${H}/p?{{ customer.code }}=1`, { code: "" })).toMatchObject({
    reason: "value_missing",
    problems: [{ message: expect.stringContaining("{{ customer.code }} is empty where the name") }],
  });
  expect(compose(`${H}/p?a=1&{{ customer.code }}=1`, { code: null })).toMatchObject({
    reason: "value_missing",
  });
  expect(compose(`${H}/p?a={{ customer.code }}=1&=2`, { code: "" })).toMatchObject({ kind: "request" });
  const form = (body: string) => ({ body, headers: [{ name: "Content-Type", value: "form" }] });
  expect(compose(`${H}/p`, { code: "" }, form("a=1&\n{{ customer.code }}=2"))).toMatchObject({
    reason: "value_missing",
    problems: [{ field: "body", line: 2 }],
  });
  expect(compose(`${H}/p`, { code: "" }, form("a={{ customer.code }}\nb=2"))).toMatchObject({
    request: { body: "a=&b=2" },
  });
});

test("an empty host label is refused with the expression", () => {
  const composed = compose("https://{{ customer.code }}.example.com/", { code: "" });
  expect(composed).toMatchObject({ reason: "url_invalid" });
  expect(JSON.stringify(composed)).toContain("{{ customer.code }}");
});
