// A text in a template that is a whole JSON object or list: `default: "[]"`. It is JSON where JSON expects a
// value, for nobody writes one to be quoted there.

import { Encoded } from "./encoded.ts";

export function isJsonLiteral(content: unknown): content is string {
  if (typeof content !== "string" || !/^\s*[[{]/.test(content)) return false;
  try {
    JSON.parse(content);
    return true;
  } catch {
    return false;
  }
}

/** Once a filter has made something else of it, it is a text like any other, as a capture's is. */
export function toJsonLiteral(content: unknown): Encoded | null {
  return isJsonLiteral(content) ? new Encoded(content, "json", { isCaptured: true }) : null;
}
