import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExact, stringifyExact } from "./exact-json.ts";

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
