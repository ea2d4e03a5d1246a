// Texts in characters: no filter leaves half of one behind.

import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileAction } from "../compile.ts";
import { compareTexts, countCharacters, firstCharacter, lastCharacter, pieceOf } from "./characters.ts";

const texts = fc.string({ unit: fc.constantFrom("a", "é", "👍", "𐐨", "ﬁ", "\ufffd", "e\u0301") });

test("characters are what JavaScript's own iteration gives", () => {
  fc.assert(
    fc.property(texts, fc.nat(9), fc.nat(9), (text, from, count) => {
      const characters = [...text];
      expect(countCharacters(text)).toBe(characters.length);
      expect(pieceOf(text, from, count)).toBe(characters.slice(from, from + count).join(""));
      expect(firstCharacter(text)).toBe(characters[0] ?? "");
      expect(lastCharacter(text)).toBe(characters.at(-1) ?? "");
    }),
  );
});

test("texts are ordered as their UTF-8 bytes are", () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      expect(Math.sign(compareTexts(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

function compose(body: string, customer: object) {
  const headers = [{ name: "Content-Type", value: "text/plain" }];
  const action = parseAction({
    id: "a",
    url: "https://h/",
    headers,
    body,
    escaping: "none",
    missing: "empty",
  });
  const composed = compileAction(action).compose({ id: "d", dueAt: 0 }, { customer });
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request.body ?? "";
}

describe("a name that begins and ends with an emoji", () => {
  const customer = { name: "👍é👎", deseret: "𐐨𐐨" };
  test.each([
    ["split: '' | first", "👍"],
    ["split: '' | last", "👎"],
    ["split: '' | reverse | join: ''", "👎é👍"],
    ["split: '' | size", "3"],
    ["first", "👍"],
    ["last", "👎"],
    ["size", "3"],
    ["slice: 0", "👍"],
    ["slice: -1", "👎"],
    ["slice: 1, 9", "é👎"],
    ["truncate: 2, ''", "👍é"],
    ["truncate: 3", "👍é👎"],
    ["replace: '', '.'", ".👍.é.👎."],
    ["capitalize", "👍é👎"],
    ["titlecase", "👍é👎"],
  ])("%s gives %s", (filter, prints) => {
    expect(compose(`{{ customer.name | ${filter} }}`, customer)).toBe(prints);
  });

  test("its size is counted in conditions, too, and its case changed as any letter's", () => {
    expect(compose("{{ customer.name.size }}{% if customer.name.size == 3 %}yes{% endif %}", customer)).toBe(
      "3yes",
    );
    expect(compose("{{ customer.deseret | capitalize }}{{ customer.deseret | titlecase }}", customer)).toBe(
      "𐐀𐐨𐐀𐐨",
    );
  });
});

test("no filter of texts makes a lone surrogate out of text that has none", () => {
  const filters =
    "first last size capitalize upcase downcase titlecase strip reverse slugify truncate truncatewords";
  fc.assert(
    fc.property(texts, fc.nat(4), (name, count) => {
      const calls = [
        ...filters.split(" "),
        `slice: ${count}, 2`,
        `truncate: ${count}`,
        `truncate: ${count}, '👍'`,
      ];
      const printed = calls.map((call) => compose(`{{ customer.name | ${call} }}`, { name })).join("");
      expect(printed).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
    }),
    { numRuns: 20 },
  );
});
