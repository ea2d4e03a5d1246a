// The names that headers of an action may have.

import { z } from "zod";
import { findForbiddenHeader } from "./forbidden-headers.ts";

/** RFC 9110 section 5.1: a field name is a token. */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The name of a header that an action gives. */
export const headerName = z
  .string()
  .max(256)
  .regex(HEADER_NAME, "is not a header name (letters, digits and !#$%&'*+-.^_`|~)")
  .superRefine((name, context) => {
    const reason = findForbiddenHeader(name);
    if (reason !== null) context.addIssue(reason);
  });

/** The name of the header that carries the delivery's id. */
export const idempotencyHeaderName = headerName.refine(
  (name) => !/^content-type$/i.test(name),
  "has a meaning of its own",
);

/**
 * The first header that is given a second time, whatever the case of its name (RFC 9110 section 5.1), or
 * null. Receivers take the first, the last, or both joined; the values of a list can be written as one
 * (section 5.3).
 */
export function findRepeatedHeader(
  headers: readonly { readonly name: string }[],
): { path: (string | number)[]; message: string } | null {
  const seen = new Map<string, number>();
  for (const [index, { name }] of headers.entries()) {
    const first = seen.get(name.toLowerCase());
    if (first !== undefined)
      return {
        path: ["headers", index, "name"],
        message: `repeats headers[${first}] (the case of letters does not count); give each header once, several values of a list joined by a comma, cookies by a semicolon`,
      };
    seen.set(name.toLowerCase(), index);
  }
  return null;
}
