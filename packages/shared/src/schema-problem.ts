// What zod finds in a document, as problems that name their fields.

import type { z } from "zod";
import type { Problem } from "./errors.ts";

/** One issue, with the path of its field, such as `headers[1].value`. */
export function toProblem(issue: z.core.$ZodIssue): Problem {
  if (issue.code === "unrecognized_keys") {
    return {
      field: [...toPath(issue.path), ...issue.keys.slice(0, 1)].join("."),
      message: "is no field of an action",
    };
  }
  return { field: toPath(issue.path).join("."), message: issue.message };
}

function toPath(path: readonly PropertyKey[]): string[] {
  const parts: string[] = [];
  for (const key of path) {
    if (typeof key === "number") parts.push(`${parts.pop() ?? ""}[${key}]`);
    else parts.push(String(key));
  }
  return parts;
}
