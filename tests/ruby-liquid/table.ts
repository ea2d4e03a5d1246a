// The comparison's table: each template with each value that it is meant for, and what Ruby's Liquid printed.

import { readFileSync } from "node:fs";
import { stringifyExact } from "@postrider/shared/exact-json";
import type { Printed } from "./printed.ts";
import { CUSTOMER, TEMPLATES_ALONE, TEMPLATES_OF_DATES, TEMPLATES_OF_VALUES } from "./templates.ts";
import { DATES, VALUES } from "./values.ts";

export interface Row {
  readonly template: string;
  /** JSON of `customer.v`; null where there is none. */
  readonly values: readonly (string | null)[];
}

export const ROWS: readonly Row[] = [
  ...TEMPLATES_OF_VALUES.map((template) => ({ template, values: VALUES })),
  ...TEMPLATES_OF_DATES.map((template) => ({ template, values: DATES })),
  ...TEMPLATES_ALONE.map((template) => ({ template, values: [null] })),
];

/** The customer that a value belongs to, as JSON. */
export function toCustomer(value: string | null): string {
  const json = stringifyExact(CUSTOMER);
  return value === null ? json : `${json.slice(0, -1)},"v":${value}}`;
}

/** Where what Ruby printed stands: a line of versions and names, then a line for each row. */
export const PRINTS = new URL("./prints.ndjson", import.meta.url);

/** What Ruby printed for a row, in the order of its values. */
export interface RubyRow {
  readonly asItIs: readonly Printed[];
  /** The same with objects, lists and numbers that print as JSON. */
  readonly asJson: readonly Printed[];
}

/** A row's line: the template, what it printed, and what differs of it with values as JSON, by place. */
export function toLine(template: string, [asItIs, asJson]: readonly [Printed[], Printed[]]): string {
  const others = asJson.flatMap((printed, index) =>
    JSON.stringify(printed) === JSON.stringify(asItIs[index]) ? [] : [[index, printed]],
  );
  return JSON.stringify([template, asItIs, ...(others.length === 0 ? [] : [Object.fromEntries(others)])]);
}

function readLine(line: string): [string, RubyRow] {
  const [template, asItIs, others = {}] = JSON.parse(line) as [string, Printed[], Record<string, Printed>?];
  return [template, { asItIs, asJson: asItIs.map((printed, index) => others[index] ?? printed) }];
}

export interface Prints {
  readonly versions: { readonly "ruby-liquid": string; readonly ruby: string };
  /** The names that Ruby's Liquid knows. */
  readonly filters: readonly string[];
  readonly tags: readonly string[];
  readonly byTemplate: ReadonlyMap<string, RubyRow>;
}

export function readPrints(): Prints {
  const [known = "{}", ...lines] = readFileSync(PRINTS, "utf8").trimEnd().split("\n");
  const { filters, tags, ...versions } = JSON.parse(known);
  return { versions, filters, tags, byTemplate: new Map(lines.map(readLine)) };
}
