// JSON pointers (RFC 6901), by which actions name a place in an answer.

import { z } from "zod";

const POINTER_CHARS_MAX = 500;

/** Empty for the whole, else `/name/0/other`, with `~0` for `~` and `~1` for `/`. */
export const jsonPointer = z
  .string()
  .max(POINTER_CHARS_MAX)
  .regex(/^(?:\/(?:[^~/]|~[01])*)*$/, "must be a JSON pointer (RFC 6901) such as /ok or /result/0/status");
