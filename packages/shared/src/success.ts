// What a 2xx answer must also hold to count as success, for APIs that say 200 and mean no. The rules of one
// action; decide/ in the worker judges by them.

import { z } from "zod";

const RULES_MAX = 10;
const VALUES_MAX = 50;
const POINTER_CHARS_MAX = 500;
/**
 * Of a 2xx that does not hold: the request was understood and refused, so that it fails at once and can be
 * replayed.
 */
export const OTHERWISE_DEFAULT = 422;

/** RFC 6901: empty for the whole, else `/name/0/other`, with `~0` for `~` and `~1` for `/`. */
const pointer = z
  .string()
  .max(POINTER_CHARS_MAX)
  .regex(/^(?:\/(?:[^~/]|~[01])*)*$/, "must be a JSON pointer (RFC 6901) such as /ok or /result/0/status");

const scalar = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()], {
  error: "must be a text, number, true, false or null",
});
const values = z.union([scalar, z.array(scalar).min(1).max(VALUES_MAX)], {
  error: "must be a text, number, true, false or null, or a list of these",
});

const ruleSchema = z
  .strictObject({
    json: pointer,
    is: values.optional(),
    isNot: values.optional(),
    exists: z.boolean().optional(),
    otherwise: z.int().min(400).max(599).default(OTHERWISE_DEFAULT),
  })
  .refine(
    ({ is, isNot, exists }) =>
      [is, isNot, exists].filter((condition) => condition !== undefined).length === 1,
    "must have one of is, isNot and exists",
  );

export const successSchema = z.union([ruleSchema, z.array(ruleSchema).min(1).max(RULES_MAX)], {
  error: `must be {json: a JSON pointer such as /ok, one of is, isNot and exists, otherwise: 400 to 599}, or a list of at most ${RULES_MAX} of these`,
});

export type SuccessRule = z.output<typeof ruleSchema>;
export type Success = z.output<typeof successSchema>;

/** The rules in their order; the first that does not hold decides. */
export function toSuccessRules(success: Success | undefined): readonly SuccessRule[] {
  if (success === undefined) return [];
  return Array.isArray(success) ? success : [success];
}
