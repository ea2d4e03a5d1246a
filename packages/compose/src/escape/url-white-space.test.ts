// A URL written on several lines means the same whatever kind of YAML block it is, and no value loses its own
// white space.

import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyText } from "../../../../tests/support/awkward-text.ts";
import { compileAction } from "../compile.ts";
import { findWarnings } from "../warnings.ts";

function send(url: string, customer: object, escaping: "auto" | "none" = "auto"): string {
  const composed = compileAction(parseAction({ id: "a", url, escaping })).compose(
    { id: "d", dueAt: 0 },
    { customer },
  );
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request.path;
}

const CUSTOMER = { q: "a b", m: "c", l: ["1", "2"], no: "" };

test.each([
  ["https://h/x|?q={{ customer.q }}|&m={{ customer.m }}", "/x?q=a%20b&m=c"],
  ["https://h/x?|q={{ customer.q }}&|m={{ customer.m }}|&|n=1", "/x?q=a%20b&m=c&n=1"],
  ["https://h/x|?q=1|&m=2", "/x?q=1&m=2"],
  [
    "https://h/x?q={{ customer.q }}|{% if customer.m %}|&m={{ customer.m }}|{% endif %}|&n=1",
    "/x?q=a%20b&m=c&n=1",
  ],
  [
    "https://h/x?q={{ customer.q }}|{% if customer.no != '' %}|&m={{ customer.m }}|{% endif %}|",
    "/x?q=a%20b",
  ],
  [
    "https://h/x?q={{ customer.q }}|{% if customer.no != '' %}&a=1|{% else %}|&b=1|{% endif %}|&c=1",
    "/x?q=a%20b&b=1&c=1",
  ],
  [
    "https://h/x?q={{ customer.q }}|{% for t in customer.l %}|&t={{ t }}|{% endfor %}|&c=1",
    "/x?q=a%20b&t=1&t=2&c=1",
  ],
  ["https://h/x?|{% for t in customer.l %}|t={{ t }}&|{% endfor %}|c=1", "/x?t=1&t=2&c=1"],
  ["https://h/x?{% assign z = 1 %}|q={{ z }}|{% comment %}z{% endcomment %}|&c=1", "/x?q=1&c=1"],
  ["https://h/x{% if customer.m %}|?q={{ customer.q }}{% else %}?{% endif %}|&c=1", "/x?q=a%20b&c=1"],
])("%s on several lines", (url, path) => {
  for (const fold of [" ", "\n", "\n  ", ""]) {
    expect(send(url.replaceAll("|", fold), CUSTOMER)).toBe(path);
  }
});

test.each([
  // White space that stands elsewhere is the author's.
  ["https://h/A & B/x?q=A B", "/A%20&%20B/x?q=A%20B"],
  ["https://h/x?q={{ customer.m }} {{ customer.m }} ", "/x?q=c%20c"],
  ["https://h/x?q= {{ customer.m }}", "/x?q=%20c"],
  ["https://h/x?q={{ customer.m }} {% if customer.no %}&n=1{% else %}x{% endif %}", "/x?q=c%20&n=1"],
  ["https://h/{% if customer.m %}A & B{% else %}?q=1{% endif %}", "/A%20&%20B"],
])("%s stays as it is", (url, path) => {
  expect(send(url, CUSTOMER)).toBe(path);
});

test("no value loses anything", () => {
  fc.assert(
    fc.property(anyText, anyText, (q, m) => {
      const path = send("https://h/x ?q={{ customer.q }} & m={{ customer.m }} &n=1", { q, m });
      expect([...new URL(`https://h${path}`).searchParams.values()]).toEqual([
        Buffer.from(q).toString(),
        Buffer.from(m).toString(),
        "1",
      ]);
    }),
  );
});

test("the same without escaping", () => {
  expect(send("https://h/x ?q={{ customer.m }} &n=1", CUSTOMER, "none")).toBe("/x?q=c&n=1");
});

test("a lone percent sign behind it is told at its place", () => {
  const action = parseAction({ id: "a", url: "https://h/x?q={{ customer.q }} &m=5%" });
  expect(findWarnings(compileAction(action))).toEqual([
    expect.objectContaining({ code: "percent_alone", line: 1, column: 36 }),
  ]);
});
