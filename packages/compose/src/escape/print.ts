// How a value stands in a text: strings as they are, objects and arrays as JSON, absent ones as nothing.

import { isBigIntTrouble, stringifyExact } from "@postrider/shared/exact-json";
import { Drop } from "liquidjs";

/**
 * An object or array as JSON. `=>` inside its strings is written `=\u003e`: the old idiom `{{ customer |
 * replace: "=>", ":" }}` then finds nothing to replace, and the JSON parses back to the same value.
 */
export function printJson(value: object): string {
  const json = toJson(value);
  return json.includes("=>") ? json.replaceAll("=>", "=\\u003e") : json;
}

/** JSON, with large integers as they came in. */
export function toJson(value: unknown, indent?: number | string): string {
  try {
    return JSON.stringify(value, null, indent) ?? "null";
  } catch (error) {
    if (isBigIntTrouble(error)) return stringifyExact(value, indent);
    throw error;
  }
}

/**
 * The value that stands for a drop: `nil`, `empty` and `blank` are drops of liquidjs', and so is text that
 * carries its encoding.
 */
export function plain(value: Drop): unknown {
  const meant: unknown = value.valueOf();
  // One without a value of its own, as `forloop`, is an object like any other.
  return meant instanceof Drop || meant === undefined ? { ...value } : meant;
}

/** What `{{ value }}` prints. */
export function print(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (value instanceof Drop) return print(plain(value));
  if (typeof value === "object") return printJson(value);
  return String(value);
}

/** String.prototype.toWellFormed, which the TypeScript library of this language level does not know. */
export function toWellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}
