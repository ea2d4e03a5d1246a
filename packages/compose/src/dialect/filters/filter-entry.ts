// What a filter of ours is: its function, and what docs/dialect.md says of it; and how filters read what they
// are given.

import { type Context, Drop } from "liquidjs";
import { plain, print } from "../../escape/print.ts";
import { toNumber } from "../to-number.ts";

export type FilterFunction = (this: { context: Context }, value: unknown, ...args: unknown[]) => unknown;

export interface FilterEntry {
  readonly does: string;
  /**
   * What may stand behind its colon: places in their order, then names (`value?, allow_false:`); a question
   * mark is for what may be left out. Absent: nothing.
   */
  readonly takes?: string;
  /** Whether it fails where more stands there, instead of passing over it. */
  readonly failsWithMore?: true;
  /** A template and what it prints. */
  readonly example: readonly [template: string, prints: string];
  readonly filter: FilterFunction;
}

/** A number, or text that reads as one. @throws Error that names the filter. */
export function number(value: unknown, filter: string): number {
  const parsed = toNumber(value);
  if (value === null || print(value).trim() === "" || Number.isNaN(parsed))
    throw new Error(`${filter}: "${print(value).slice(0, 40)}" is no number`);
  return parsed;
}

/** The same, with an integer that no double holds as it is. */
export function amount(value: unknown, filter: string): number | bigint {
  return typeof value === "bigint" ? value : number(value, filter);
}

/**
 * An integer, or text of its digits: a place, a length.
 * @returns `otherwise` where there is nothing.
 * @throws Error that names the filter.
 */
export function integer(value: unknown, filter: string, otherwise?: number): number {
  if (Number.isInteger(value)) return value as number;
  const given = value instanceof Drop ? plain(value) : value;
  if ((given ?? null) === null && otherwise !== undefined) return otherwise;
  const text = print(given).trim();
  const isInteger = typeof given === "bigint" || /^[+-]?\d+$/.test(text);
  if (!isInteger || typeof given === "object")
    throw new Error(`${filter}: "${text.slice(0, 40)}" is no integer`);
  return Number(given);
}

/** Counts characters or items that a filter makes against the rendering's limit of memory. */
export function charge(context: Context, count: number): void {
  context.memoryLimit.use(count);
}

/** A filter that makes nothing of nothing, so that a condition on what it made does not change its mind. */
export function ofSomething(filter: FilterFunction): FilterFunction {
  return function (value, ...args) {
    return (value ?? null) === null ? null : filter.call(this, value, ...args);
  };
}

/**
 * A filter of texts: objects and lists are the JSON that they print as, what is nothing is the empty text.
 */
export function ofTexts(work: (text: string, ...args: string[]) => unknown): FilterFunction {
  return function (value, ...args) {
    const text = print(value);
    const others = args.map(print);
    let length = text.length;
    for (const other of others) length += other.length;
    charge(this.context, length);
    return work(text, ...others);
  };
}
