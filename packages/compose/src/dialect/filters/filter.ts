// What a filter of ours is: its function, and what docs/dialect.md says of it.

import type { Context } from "liquidjs";
import { print } from "../../escape/print.ts";

export type FilterFunction = (this: { context: Context }, value: unknown, ...args: unknown[]) => unknown;

export interface FilterEntry {
  readonly does: string;
  /** A template and what it prints. */
  readonly example: readonly [template: string, prints: string];
  readonly filter: FilterFunction;
}

/** A number, or text that reads as one. @throws Error that names the filter. */
export function number(value: unknown, filter: string): number {
  const parsed = Number(value);
  if (value === null || print(value).trim() === "" || Number.isNaN(parsed))
    throw new Error(`${filter}: "${print(value).slice(0, 40)}" is no number`);
  return parsed;
}
