import { expect, test } from "vitest";
import { spanAt, spanInJson } from "./where.ts";

const cut = (text: string, { from, to }: { from: number; to: number }) => text.slice(from, to);

test.each([
  ["a {{ b | c }} d", { line: 1, column: 3 }, "{{ b | c }}"],
  ["a\n{% if x %}", { line: 2, column: 1 }, "{% if x %}"],
  ["a\n  customer.name!", { line: 2, column: 3 }, "customer.name"],
  ["a {{ b", { line: 1, column: 3 }, "{"],
  ["first\nsecond", {}, "first"],
  ["short", { line: 9, column: 9 }, ""],
])("finds what stands in %j at %j", (text, spot, expected) => {
  expect(cut(text, spanAt(text, spot))).toBe(expected);
});

test("finds a place within a string of a document, its escapes counted as what they say", () => {
  const text = '{"headers": [{"value": "x"}],\n "body": "{\\n  \\"a\\": {{ b }}\\u0021\\n}"}';
  expect(cut(text, spanInJson(text, ["body"], { line: 2, column: 8 }))).toBe("{{ b }}");
  expect(cut(text, spanInJson(text, ["body"], { line: 2, column: 15 }))).toBe("\\u0021");
  expect(cut(text, spanInJson(text, ["headers", "0", "value"], {}))).toBe('"x"');
  expect(cut(text, spanInJson(text, ["headers", "7", "value"], {}))).toBe('[{"value": "x"}]');
  expect(cut("{", spanInJson("{", ["body"], {}))).toBe("{");
});
