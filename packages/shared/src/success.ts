// What a 2xx answer must also hold to count as success, for APIs that say 200 and mean no. The rules of one
// action; decide/ in the worker judges by them.

import { z } from "zod";
import { jsonPointer } from "./json-pointer.ts";

const RULES_MAX = 10;
const VALUES_MAX = 50;
/**
 * The status for a 2xx that does not hold: the request was understood and refused, so that it fails at once
 * and can be replayed.
 */
export const OTHERWISE_DEFAULT = 422;

const scalar = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()], {
  error: "must be a text, number, true, false or null",
});
const values = z.union([scalar, z.array(scalar).min(1).max(VALUES_MAX)], {
  error: "must be a text, number, true, false or null, or a list of these",
});

const ruleSchema = z
  .strictObject({
    json: jsonPointer,
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
