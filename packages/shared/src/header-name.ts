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
