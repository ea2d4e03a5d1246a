// What zod finds in a document, as problems that name their fields, in our own words.

import type { z } from "zod";
import type { Problem } from "./errors.ts";

/**
 * All issues, with the paths of their fields, such as `headers[1].value`.
 * @param of what the document is, such as `an action`.
 */
export function toProblems(issues: readonly z.core.$ZodIssue[], of: string): Problem[] {
  return issues.flatMap((issue) => {
    const path = toPath(issue.path);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        field: [...path, key].join("."),
        message: `is no field of ${of}`,
      }));
    return [{ field: path.join("."), message: toMessage(issue) }];
  });
}

function toPath(path: readonly PropertyKey[]): string[] {
  const parts: string[] = [];
  for (const key of path) {
    if (typeof key === "number") parts.push(`${parts.pop() ?? ""}[${key}]`);
    else parts.push(String(key));
  }
  return parts;
}

/** zod's own texts; whatever else a schema says is ours. */
const OF_ZOD = /^(?:Invalid (?:input|option)|Too (?:small|big))\b/;

function toMessage(issue: z.core.$ZodIssue): string {
  const { message } = issue;
  if (!OF_ZOD.test(message)) return message;
  switch (issue.code) {
    case "invalid_type":
      return message.endsWith("received undefined")
        ? "is missing"
        : `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "too_small":
      return toBound("at least", issue.origin, issue.minimum);
    case "too_big":
      return toBound("at most", issue.origin, issue.maximum);
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    default:
      return "is none of the forms that it may have";
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const UNITS: Readonly<Record<string, string>> = { string: " characters long", array: " long" };

function toBound(bound: string, origin: string, limit: number | bigint): string {
  return `must be ${bound} ${limit}${UNITS[origin] ?? ""}`;
}
