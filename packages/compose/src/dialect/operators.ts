// What conditions compare, and what a comparison makes of values that are not there: never true, whichever
// side they stand on and whatever the template says about missing values. Otherwise as Ruby's Liquid has it
// (Liquid::Condition), with text that reads as a number beside a number, since customers come out of CSV
// files.

import { Drop, defaultOperators, toValue, toValueSync } from "liquidjs";
import { Encoded } from "../escape/encoded.ts";
import { print } from "../escape/print.ts";

type Operator = (left: unknown, right: unknown) => boolean;

/** `contains` and the comparisons, by their signs; `and`, `or` and `not` are liquidjs' own. */
export const OPERATORS = {
  ...defaultOperators,
  "==": isEqual,
  "!=": (left: unknown, right: unknown) => !isEqual(left, right),
  "<>": (left: unknown, right: unknown) => !isEqual(left, right),
  "<": ordered((left, right) => left < right),
  ">": ordered((left, right) => left > right),
  "<=": ordered((left, right) => left <= right),
  ">=": ordered((left, right) => left >= right),
  contains,
} as const;

/** `nil`, null and what is missing are one; `empty` and `blank` know by themselves what they are equal to. */
export function isEqual(left: unknown, right: unknown): boolean {
  // What liquidjs makes of these at the end of a generator, which a list of many items would feel.
  if (typeof left !== "object" && typeof right !== "object") return left === right;
  if (isAbsent(left) && isAbsent(right)) return true;
  return toValueSync(defaultOperators["=="]?.(left, right, undefined as never) as never) as boolean;
}

export function isAbsent(value: unknown): boolean {
  return (toValue(value) ?? null) === null;
}

type Ordered = number | bigint | string;

/**
 * Only numbers and texts have an order: a list, an object, true and false are neither more nor less than
 * anything.
 */
function ordered(compare: (left: Ordered, right: Ordered) => boolean): Operator {
  return (one, other) => {
    // `empty` and `blank` are words to be equal to.
    if (isWord(one) || isWord(other)) return false;
    const left: unknown = toValue(one);
    const right: unknown = toValue(other);
    if (!isOrdered(left) || !isOrdered(right)) return false;
    if (typeof left === typeof right) return compare(left, right);
    const [a, b] = [toNumeric(left), toNumeric(right)];
    return a !== null && b !== null && compare(a, b);
  };
}

function isWord(value: unknown): boolean {
  return value instanceof Drop && !(value instanceof Encoded) && typeof value.valueOf() === "string";
}

function isOrdered(value: unknown): value is Ordered {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "string";
}

/** Null for text that is no number, as an empty one is not. */
function toNumeric(value: Ordered): number | bigint | null {
  if (typeof value !== "string") return value;
  return value.trim() === "" || Number.isNaN(Number(value)) ? null : Number(value);
}

function contains(whole: unknown, part: unknown): boolean {
  const [left, right]: unknown[] = [toValue(whole), toValue(part)];
  if (isAbsent(left) || isAbsent(right)) return false;
  if (Array.isArray(left)) return left.some((item) => isEqual(item, right));
  if (typeof left === "string") return left.includes(print(right));
  return typeof left === "object" && typeof right === "string" && Object.hasOwn(left as object, right);
}
