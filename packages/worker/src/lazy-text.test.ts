import { expect, test } from "vitest";
import { LazyText } from "./lazy-text.ts";

test("a text is made when it is first asked for, and once", () => {
  let made = 0;
  const text = new LazyText(() => `made ${++made}`);
  const changed = text.map((known) => known.toUpperCase());
  expect(made).toBe(0);

  expect([changed.text, text.text, text.text]).toEqual(["MADE 1", "made 1", "made 1"]);
  expect(JSON.stringify({ body: text })).toBe('{"body":"made 1"}');
});
