// JSON pointers (RFC 6901): places in an answer, a request or a document.

import { z } from "zod";

const POINTER_CHARS_MAX = 500;

/** Empty for the whole, else `/name/0/other`, with `~0` for `~` and `~1` for `/`. */
export const jsonPointer = z
  .string()
  .max(POINTER_CHARS_MAX)
  .regex(/^(?:\/(?:[^~/]|~[01])*)*$/, "must be a JSON pointer (RFC 6901) such as /ok or /result/0/status");

/** The pointer of a place that is reached by these names and indexes. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
