// How a value stands in a text: strings as they are, objects and arrays as JSON, absent ones as nothing.

import { Encoded } from "./encoded.ts";

/**
 * An object or array as JSON. `=>` inside its strings is written `=\u003e`: the old idiom
 * `{{ customer | replace: "=>", ":" }}` then finds nothing to replace, and the JSON parses back to the same value.
 */
export function printJson(value: object): string {
  const json = JSON.stringify(value);
  return json.includes("=>") ? json.replaceAll("=>", "=\\u003e") : json;
}

/** What `{{ value }}` prints. */
export function print(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (value instanceof Encoded) return value.text;
  if (typeof value === "object") return printJson(value);
  return String(value);
}
