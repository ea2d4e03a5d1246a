// Decimal numbers, as people write them: the arithmetic of the filters. A double holds neither 4.35 nor 0.1,
// so that 4.35 times 100 would be a cent less when rounded down. Pure; exact except for quotients, which are
// exact to a double's last digit.

import { INTEGER_DIGITS_MAX } from "@postrider/shared/exact-json";

/** digits / 10^scale. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
  /** Whether it is an integer by its kind, so that results made of such ones keep every digit. */
  readonly isInteger: boolean;
}

/** Thrown for a number that is larger than is reckoned with. */
export class TooLarge extends Error {}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,6}))?$/i;
/** What an integer in a longer text begins with: Ruby's `to_i`. */
const LEADING_INTEGER = /^[+-]?\d+(?:_\d+)*/;

/**
 * What a filter takes for a number.
 * @returns a number or text that is a number; the integer that any other text begins with; 0 for everything
 * else, as Ruby's Liquid has it.
 * @throws TooLarge
 */
export function toDecimal(value: unknown): Decimal {
  if (typeof value === "number")
    return Number.isSafeInteger(value) ? integer(BigInt(value)) : parse(String(value), false);
  if (typeof value === "bigint") return checked(integer(value));
  if (typeof value !== "string") return ZERO;
  const text = value.trim();
  if (isNumeric(text)) return parse(text, true);
  const [leading = "0"] = LEADING_INTEGER.exec(text) ?? [];
  return parse(leading.replaceAll("_", ""), true);
}

/** Whether a text, without white space around it, is a number and nothing else. */
export function isNumeric(text: string): boolean {
  return /\d/.test(text) && NUMBER.test(text);
}

function parse(text: string, mayBeInteger: boolean): Decimal {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  const scale = fraction.length - Number(exponent);
  if (whole.length + fraction.length > INTEGER_DIGITS_MAX || Math.abs(scale) > INTEGER_DIGITS_MAX)
    throw new TooLarge(`${text.slice(0, 40)} has too many digits`);
  const digits = BigInt(`${whole}${fraction}` || "0") * (sign === "-" ? -1n : 1n);
  const isInteger = mayBeInteger && /^[+-]?\d+$/.test(text);
  return scale < 0 ? { digits: digits * power(-scale), scale: 0, isInteger } : { digits, scale, isInteger };
}

function integer(digits: bigint): Decimal {
  return { digits, scale: 0, isInteger: true };
}

const ZERO = integer(0n);

/**
 * A number as values of templates have it: an integer with all its digits, anything else as the nearest
 * double.
 * @throws TooLarge
 */
export function fromDecimal(decimal: Decimal): number | bigint {
  const { digits, scale, isInteger } = checked(decimal);
  if (isInteger && scale === 0) return toSafe(digits);
  const nearest = Number(`${digits}e${-scale}`);
  if (!Number.isFinite(nearest)) throw new TooLarge("is beyond every number");
  return nearest === 0 ? 0 : nearest;
}

function toSafe(digits: bigint): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : digits;
}

const END = 10n ** BigInt(INTEGER_DIGITS_MAX);

function checked(decimal: Decimal): Decimal {
  const { digits, isInteger } = decimal;
  if (isInteger && (digits >= END || digits <= -END)) throw new TooLarge("has too many digits");
  return decimal;
}

export function add(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = align(a, b);
  return { digits: x + y, scale, isInteger: a.isInteger && b.isInteger };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, negate(b));
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, scale: a.scale + b.scale, isInteger: a.isInteger && b.isInteger };
}

/** More digits than any double has; what is left over makes one more, so that the nearest double is found. */
const QUOTIENT_DIGITS = 24;

/**
 * The quotient: of two integers an integer where nothing is left over. @throws RangeError for a division by
 * zero.
 */
export function divide(a: Decimal, b: Decimal): Decimal {
  const [x, y] = align(a, b);
  if (x % y === 0n) return { digits: x / y, scale: 0, isInteger: a.isInteger && b.isInteger };
  const more = Math.max(0, QUOTIENT_DIGITS + String(y).length - String(x).length);
  const scaled = x * power(more);
  const rest = scaled % y === 0n ? 0n : sign(x) * sign(y);
  return { digits: (scaled / y) * 10n + rest, scale: more + 1, isInteger: false };
}

/** What is left of a division, with the divisor's sign. @throws RangeError for a division by zero. */
export function modulo(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = align(a, b);
  const rest = x % y;
  const digits = rest !== 0n && sign(rest) !== sign(y) ? rest + y : rest;
  return { digits, scale, isInteger: a.isInteger && b.isInteger };
}

/** Less than, equal to or greater than zero, as the first is to the second. */
export function compare(a: Decimal, b: Decimal): number {
  const [x, y] = align(a, b);
  if (x === y) return 0;
  return x < y ? -1 : 1;
}

export function negate({ digits, scale, isInteger }: Decimal): Decimal {
  return { digits: -digits, scale, isInteger };
}

export type Rounding = "floor" | "ceil" | "half";

/** Rounded to so many places after the point, or before it where negative; half goes away from zero. */
export function round(decimal: Decimal, places: number, rounding: Rounding): Decimal {
  const { digits, scale, isInteger } = decimal;
  if (places >= scale) return decimal;
  const unit = power(Math.min(scale - places, 2 * INTEGER_DIGITS_MAX));
  const below = (digits - modulo(integer(digits), integer(unit)).digits) / unit;
  const rest = digits - below * unit;
  const isUp = (rounding === "ceil" && rest > 0n) || (rounding === "half" && isUpper(digits, rest, unit));
  const rounded = isUp ? below + 1n : below;
  return places < 0
    ? { digits: rounded * unit, scale, isInteger }
    : { digits: rounded, scale: places, isInteger };
}

function isUpper(digits: bigint, rest: bigint, unit: bigint): boolean {
  return digits < 0n ? 2n * rest > unit : 2n * rest >= unit;
}

/**
 * An integer by its kind too, where a double holds every digit of it: what is larger stays the double that it
 * is.
 */
export function toInteger(decimal: Decimal): Decimal {
  return { ...decimal, isInteger: decimal.isInteger || Number.isSafeInteger(Number(decimal.digits)) };
}

function align(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * power(scale - a.scale), b.digits * power(scale - b.scale), scale];
}

function power(exponent: number): bigint {
  return exponent === 0 ? 1n : 10n ** BigInt(exponent);
}

function sign(value: bigint): bigint {
  return value < 0n ? -1n : 1n;
}
