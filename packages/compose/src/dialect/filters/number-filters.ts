// Filters that reckon, in decimals: people send cents. What is no number counts as 0, as in Ruby's Liquid.

import { print } from "../../escape/print.ts";
import {
  add,
  compare,
  type Decimal,
  divide,
  fromDecimal,
  isNumeric,
  modulo,
  multiply,
  negate,
  type Rounding,
  round,
  subtract,
  TooLarge,
  toDecimal,
  toInteger,
} from "../decimal.ts";
import type { FilterEntry, FilterFunction } from "./filter-entry.ts";
import { attributeOf, flatten } from "./lists.ts";

/** @throws Error that names the filter, where a number is too large to reckon with. */
function reckon(name: string, work: () => Decimal): number | bigint {
  try {
    return fromDecimal(work());
  } catch (error) {
    if (error instanceof TooLarge) throw new Error(`${name}: the number ${error.message}`, { cause: error });
    throw error;
  }
}

/**
 * A filter of two numbers; `quick` is the same on doubles, and right where both operands and the result are
 * safe integers.
 */
function ofTwo(
  name: string,
  operation: (a: Decimal, b: Decimal) => Decimal,
  quick: (a: number, b: number) => number,
): FilterFunction {
  return (value, operand) => {
    if (Number.isSafeInteger(value) && Number.isSafeInteger(operand)) {
      const result = quick(value as number, operand as number);
      // Minus zero is zero.
      if (Number.isSafeInteger(result)) return result + 0;
    }
    return reckon(name, () => operation(toDecimal(value), toDecimal(operand)));
  };
}

const notByZero =
  (name: string, operation: (a: Decimal, b: Decimal) => Decimal) =>
  (a: Decimal, b: Decimal): Decimal => {
    if (b.digits === 0n) throw new Error(`${name}: by zero`);
    return operation(a, b);
  };

function rounded(name: string, rounding: Rounding): FilterFunction {
  return (value, places) =>
    reckon(name, () => {
      const { digits, scale } = round(toDecimal(places), 0, "floor");
      const at = scale === 0 ? Number(digits) : 0;
      const result = round(toDecimal(value), at, rounding);
      return at === 0 ? toInteger(result) : result;
    });
}

/** To the next integer, whatever else it is given. */
function toNext(name: string, rounding: Rounding): FilterFunction {
  const filter = rounded(name, rounding);
  return function (value) {
    return filter.call(this, value);
  };
}

const divided = ofTwo("divided_by", notByZero("divided_by", divide), (a, b) =>
  b === 0 ? Number.NaN : a / b,
);

export const NUMBER_FILTERS: Readonly<Record<string, FilterEntry>> = {
  abs: {
    does: "Without its sign.",
    example: ["{{ -3 | abs }}", "3"],
    filter: (value) =>
      reckon("abs", () => {
        const decimal = toDecimal(value);
        return decimal.digits < 0n ? negate(decimal) : decimal;
      }),
  },
  ceil: {
    does: "The next integer up.",
    example: ["{{ 1.2 | ceil }}", "2"],
    filter: toNext("ceil", "ceil"),
  },
  floor: {
    does: "The next integer down.",
    example: ["{{ 4.35 | times: 100 | floor }}", "435"],
    filter: toNext("floor", "floor"),
  },
  round: {
    does: "Rounded to so many digits.",
    takes: "digits?",
    example: ["{{ 1.005 | round: 2 }}", "1.01"],
    filter: rounded("round", "half"),
  },
  plus: {
    does: "The sum.",
    takes: "number",
    example: ["{{ '2' | plus: 3 }}", "5"],
    filter: ofTwo("plus", add, (a, b) => a + b),
  },
  minus: {
    does: "The difference.",
    takes: "number",
    example: ["{{ 2 | minus: 3 }}", "-1"],
    filter: ofTwo("minus", subtract, (a, b) => a - b),
  },
  times: {
    does: "The product.",
    takes: "number",
    example: ["{{ 19.99 | times: 100 }}", "1999"],
    filter: ofTwo("times", multiply, (a, b) => a * b),
  },
  divided_by: {
    does: "The quotient.",
    takes: "number, whole?",
    example: ["{{ 7 | divided_by: 2 }}", "3.5"],
    filter(value, divisor, isWhole) {
      const quotient = divided.call(this, value, divisor);
      return isWhole
        ? reckon("divided_by", () => toInteger(round(toDecimal(quotient), 0, "floor")))
        : quotient;
    },
  },
  modulo: {
    does: "The remainder, with the divisor's sign.",
    takes: "number",
    example: ["{{ -7 | modulo: 3 }}", "2"],
    filter: ofTwo("modulo", notByZero("modulo", modulo), () => Number.NaN),
  },
  at_least: {
    does: "Not less than this.",
    takes: "number",
    example: ["{{ 5 | at_least: 7 }}", "7"],
    filter: ofTwo("at_least", (a, b) => (compare(a, b) < 0 ? b : a), Math.max),
  },
  at_most: {
    does: "Not more than this.",
    takes: "number",
    example: ["{{ 5 | at_most: 3 }}", "3"],
    filter: ofTwo("at_most", (a, b) => (compare(a, b) > 0 ? b : a), Math.min),
  },
  to_integer: {
    does: "As an integer: without what stands behind the point.",
    example: ["{{ '12.9' | to_integer | plus: 1 }}", "13"],
    filter: (value) => {
      const isNumber =
        typeof value === "number" || typeof value === "bigint" || isNumeric(print(value).trim());
      if (!isNumber) throw new Error(`to_integer: "${print(value).slice(0, 40)}" is no number`);
      return reckon("to_integer", () => {
        const decimal = toDecimal(value);
        return toInteger(round(decimal, 0, decimal.digits < 0n ? "ceil" : "floor"));
      });
    },
  },
  sum: {
    does: "The sum of numbers, or of an attribute.",
    takes: "attribute?",
    example: ['{{ \'[{"a":0.1},{"a":"0.2"}]\' | from_json | sum: \'a\' }}', "0.3"],
    filter(value, attribute) {
      const items = flatten(value);
      const numbers =
        attribute === undefined ? items : items.map((item) => attributeOf(this.context, item, attribute));
      return reckon("sum", () => numbers.map(toDecimal).reduce(add, toDecimal(0)));
    },
  },
};
