// What an action keeps of an answer, by name: how data come back to a campaign engine. Workers read it out of
// the answer (worker's decide/), and the delivery's outcome carries it.

import { z } from "zod";
import { headerName } from "./header-name.ts";
import { jsonPointer } from "./json-pointer.ts";

const ATTRIBUTES_MAX = 20;
const ATTRIBUTE_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

const sourceSchema = z.union(
  [jsonPointer, z.strictObject({ header: headerName }), z.strictObject({ status: z.literal(true) })],
  { error: "must be a JSON pointer such as /id, {header: NAME} or {status: true}" },
);

export const captureSchema = z.record(z.string(), sourceSchema).superRefine((capture, context) => {
  const names = Object.keys(capture);
  if (names.length === 0) context.addIssue("must name an attribute");
  if (names.length > ATTRIBUTES_MAX) context.addIssue(`may name at most ${ATTRIBUTES_MAX} attributes`);
  for (const name of names)
    if (!ATTRIBUTE_NAME.test(name))
      context.addIssue({
        code: "custom",
        path: [name],
        message:
          "is no name of an attribute: 1 to 64 of letters, digits, dot, underscore, hyphen, beginning with a letter",
      });
});

/** Attribute → where it stands in the answer. */
export type Capture = z.output<typeof captureSchema>;

/** What was captured of an answer, and what is not there as it was asked for. */
export interface Captured {
  /** Values are JSON's, with a BigInt for an integer that a double would change. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Attributes that the answer does not have. */
  readonly missing: readonly string[];
  /** Attributes that are larger than is kept: a text is cut, anything else is left out. */
  readonly cut: readonly string[];
}
