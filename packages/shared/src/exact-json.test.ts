import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExact, refuseLost, stringifyExact } from "./exact-json.ts";

test.each([
  ["9007199254740993", 9007199254740993n],
  ["-9007199254740993", -9007199254740993n],
  ["9007199254740991", 9007199254740991],
  ["9007199254740992", 9007199254740992],
  ["100000000000000000000", 100000000000000000000],
  ["1234567890.1234567890123456789", 1234567890.1234567],
  ["0.12345678901234567890", 0.12345678901234568],
  ["12345678901234567890e2", 1.2345678901234568e21],
  ["1e-1234567890123456", 0],
  ['"9007199254740993"', "9007199254740993"],
  ['"a\\"9007199254740993"', 'a"9007199254740993'],
])("%s is read as it came in", (text, value) => {
  expect(parseExact(text)).toBe(value);
});

test("a value is written and read back the same, whatever stands beside the integers", () => {
  // Large integers that a double holds come back as one.
  const changes = (integer: bigint) => String(Number(integer)) !== String(integer);
  const leaf = fc.oneof(
    fc.bigInt({ min: 2n ** 53n }).filter(changes),
    fc.bigInt({ max: -(2n ** 53n) }).filter(changes),
    fc.string({ unit: "binary" }),
    fc.stringMatching(/^[\\"0-9.eE+-]{0,30}$/),
    fc.maxSafeInteger(),
    fc.constant(null),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("tree")),
      fc.dictionary(fc.string({ unit: "binary" }), tie("tree")),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect(parseExact(stringifyExact(value))).toEqual(value);
    }),
    { numRuns: 1_000 },
  );
});

test("an own __proto__ stays one, and the last of two equal names counts, as with JSON.parse", () => {
  const read = parseExact('{"__proto__":{"a":90071992547409930},"b":1,"b":90071992547409931}') as object;
  expect(stringifyExact(read)).toBe('{"__proto__":{"a":90071992547409930},"b":90071992547409931}');
});

test("what is no JSON is refused at once, however long the string that it leaves open", () => {
  const open = `{"a":1234567890123456,"b":"${'\\"'.repeat(200_000)}`;
  const before = process.cpuUsage();
  expect(() => parseExact(open)).toThrow(SyntaxError);
  // A search from each quote would take minutes.
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(3_000);
});

test.each([
  ["1e400", /no double holds/],
  ["-1E+400", /no double holds/],
  [`${"9".repeat(350)}.5`, /no double holds/],
  ["[1234567890123456789, 1e400]", /no double holds/],
  ["9".repeat(401), /401 digits/],
])("a number that nothing can hold is refused rather than sent as null: %s", (text, complaint) => {
  expect(() => parseExact(text)).toThrow(complaint);
});

test("an integer is as long as it may be, read and written", () => {
  const longest = "9".repeat(400);
  expect(stringifyExact(parseExact(longest))).toBe(longest);
  expect(() => stringifyExact(10n ** 400n)).toThrow(RangeError);
  expect(parseExact('["1e400", 1e-400, 12e30]')).toEqual(["1e400", 0, 12e30]);
});

test("what JSON would write as null is refused with its place; null itself, and the word in a text, are not", () => {
  const refuse = (value: unknown) => () => refuseLost(value, JSON.stringify(value));
  expect(refuse({ customer: { prices: [1, Number.NaN] } })).toThrow("customer.prices.1 is NaN");
  expect(refuse({ a: Number.NEGATIVE_INFINITY })).toThrow("a is -Infinity");
  expect(refuse({ at: new Date(Number.NaN) })).toThrow("at is an invalid date");
  expect(refuse({ a: null, b: "null", c: new Date(0), d: [undefined] })).not.toThrow();
});
