// Decimal arithmetic, held against arithmetic of fractions.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  compare,
  type Decimal,
  divide,
  fromDecimal,
  modulo,
  multiply,
  round,
  subtract,
  toDecimal,
  toInteger,
} from "./decimal.ts";

const money = fc
  .tuple(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, scale]) => ({ digits, scale, text: `${digits}e-${scale}` }));

/** Numbers of so few digits that both are exact in millionths. */
const millionths = ({ digits, scale }: { digits: number; scale: number }): bigint =>
  BigInt(digits) * 10n ** BigInt(6 - scale);
const toNumber = (units: bigint, scale: number): number => Number(`${units}e-${scale}`);

test("sums, differences and products are those of the decimals that stand there", () => {
  fc.assert(
    fc.property(money, money, (a, b) => {
      const [x, y] = [toDecimal(Number(a.text)), toDecimal(b.text)];
      const reckon = (result: Decimal): number => Number(fromDecimal(result));
      expect(reckon(add(x, y))).toBe(toNumber(millionths(a) + millionths(b), 6) + 0);
      expect(reckon(subtract(x, y))).toBe(toNumber(millionths(a) - millionths(b), 6) + 0);
      expect(reckon(multiply(x, y))).toBe(toNumber(millionths(a) * millionths(b), 12) + 0);
      expect(Math.sign(compare(x, y))).toBe(Math.sign(Number(millionths(a) - millionths(b))));
    }),
  );
});

test("a division's remainder has the divisor's sign, is smaller than it, and makes the quotient whole", () => {
  fc.assert(
    fc.property(money, money, (a, b) => {
      fc.pre(b.digits !== 0);
      const [x, y] = [toDecimal(a.text), toDecimal(b.text)];
      const rest = modulo(x, y);
      expect(modulo(subtract(x, rest), y).digits).toBe(0n);
      expect([0, Math.sign(b.digits)]).toContain(Math.sign(Number(rest.digits)));
      expect(Math.abs(Number(fromDecimal(rest)))).toBeLessThan(Math.abs(Number(b.text)));
    }),
  );
});

test("a quotient of integers is the double next to it, as JavaScript's own division is", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      fc.pre(b !== 0);
      expect(Number(fromDecimal(divide(toDecimal(a), toDecimal(b))))).toBe(a / b + 0);
    }),
  );
});

test("every double comes back as itself", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(Number(fromDecimal(toDecimal(number)))).toBe(number + 0);
    }),
  );
});

describe("rounding", () => {
  test.each([
    [2.5, 0, "half", 3],
    [-2.5, 0, "half", -3],
    [1.005, 2, "half", 1.01],
    [-1.005, 2, "half", -1.01],
    [1.004999, 2, "half", 1],
    [15, -1, "half", 20],
    [-15, -1, "half", -20],
    [14.99, -1, "half", 10],
    [5, -9, "half", 0],
    [1.2, 0, "ceil", 2],
    [-1.2, 0, "ceil", -1],
    [1.2, 0, "floor", 1],
    [-1.2, 0, "floor", -2],
    [435, 2, "floor", 435],
    [1e21, 0, "floor", 1e21],
    [1e-300, 5, "half", 0],
  ] as const)("%d to %d places, %s, is %d", (number, places, rounding, result) => {
    expect(Number(fromDecimal(round(toDecimal(number), places, rounding)))).toBe(result);
  });
});

describe("what counts as a number", () => {
  test.each([
    [" 12 ", 12],
    ["4.35", 4.35],
    ["-0.5", -0.5],
    ["+5.5", 5.5],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1000],
    ["007", 7],
    ["12abc", 12],
    ["3.5kg", 3],
    ["1,000", 1],
    ["1_000", 1000],
    ["0x1F", 0],
    ["Infinity", 0],
    ["NaN", 0],
    ["", 0],
    [".", 0],
    [null, 0],
    [true, 0],
    [[5], 0],
    [{}, 0],
    ["9007199254740993", 9007199254740993n],
    [9007199254740993n, 9007199254740993n],
  ])("%s is %s", (value, number) => {
    expect(fromDecimal(toDecimal(value))).toBe(number);
  });
});

test("what is too large fails instead of becoming Infinity", () => {
  const large = toDecimal(1e300);
  expect(() => fromDecimal(multiply(large, large))).toThrow(/beyond every number/);
  expect(() => toDecimal("9".repeat(401))).toThrow(/too many digits/);
  expect(() => toDecimal("1e999999")).toThrow(/too many digits/);
  const digits = toDecimal("9".repeat(400));
  expect(() => fromDecimal(multiply(digits, digits))).toThrow(/too many digits/);
  expect(fromDecimal(toInteger(large))).toBe(1e300);
});
