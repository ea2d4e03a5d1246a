// Held to what stands here on every version of Node that runs the tests: Node 20.19, 22 and 24 differ in each
// of these by themselves.

import { expect, test } from "vitest";
import { formatMoney, formatNumber } from "./number-formats.ts";

test.each([
  [1_234_567.891, "en", "1,234,567.891"],
  [1_234_567.891, "de", "1.234.567,891"],
  [1_234_567.891, "de-CH", "1'234'567.891"],
  [1_234_567.891, "fr-CH", "1'234'567,891"],
  [1_234_567.891, "fr", "1\u00a0234\u00a0567,891"],
  [1_234_567.891, "en_IN", "12,34,567.891"],
  [1_234.5, "hy", "1234,5"],
  [1_234.5, "es", "1234,5"],
  [1_234.5, "ar-EG", "١٬٢٣٤٫٥"],
  // Known to nobody, so English.
  [1_234.5, "xx", "1,234.5"],
  [1_234.5, "tlh", "1,234.5"],
])("%d in %s is %s", (value, locale, text) => {
  expect(formatNumber(value, locale)).toBe(text);
});

test.each([
  ["en", "USD", "-$1,234.57"],
  ["en", "eur", "-€1,234.57"],
  ["en", "JPY", "-¥1,235"],
  ["en", "HUF", "-HUF\u00a01,234.57"],
  ["hu", "HUF", "-1234,57\u00a0Ft"],
  ["en", "COP", "-COP\u00a01,234.57"],
  ["en", "IDR", "-IDR\u00a01,234.57"],
  ["en", "KWD", "-KWD\u00a01,234.567"],
  ["de-CH", "CHF", "CHF-1'234.57"],
  ["fr", "EUR", "-1\u00a0234,57\u00a0€"],
  ["en-CA", "XCG", "-XCG\u00a01,234.57"],
  ["xx", "EUR", "-€1,234.57"],
])("-1234.567 in %s and %s is %s", (locale, currency, text) => {
  expect(formatMoney(-1_234.567, locale, currency, null)).toBe(text);
});

test("what is no locale and no currency is refused", () => {
  expect(() => formatNumber(1, "!")).toThrow(RangeError);
  expect(() => formatMoney(1, "en", "E", null)).toThrow(/[Cc]urrency/);
});

test("any number of locales is served", () => {
  for (let index = 0; index < 1_000; index++) expect(formatNumber(1.5, `en-x-a${index}`)).toBe("1.5");
});
