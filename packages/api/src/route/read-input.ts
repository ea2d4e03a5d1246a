// What a route's schemas say of a request: its path, query and body, or every problem at once, each with its
// place.

import { PostriderError, type Problem } from "@postrider/shared/errors";
import type { z } from "zod";
import type { Route } from "./route.ts";

export interface Given {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/**
 * Path and query as the schemas read them, the body as it came: a copy would lose exact integers and the
 * names that only customers may use.
 * @throws `request_invalid`.
 */
export function readInput(route: Pick<Route, "params" | "query" | "body">, given: Given): Given {
  const problems: Problem[] = [];
  const read = (schema: z.ZodType | null, value: unknown, part: string): unknown => {
    if (schema === null) return undefined;
    const parsed = schema.safeParse(value);
    if (!parsed.success) for (const issue of parsed.error.issues) problems.push(...toProblems(issue, part));
    return parsed.data;
  };
  const params = read(route.params, given.params, "path ");
  const query = read(route.query, given.query, "query ");
  read(route.body, given.body, "");
  if (problems.length === 0) return { params, query, body: given.body };
  const [{ field, message } = { field: "", message: "" }] = problems;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  throw new PostriderError("request_invalid", `${field === "" ? "the body" : field}: ${message}${more}`, {
    problems,
  });
}

/** A name that is not known is a problem at its own place; of a union only what comes nearest is told. */
function toProblems(issue: z.core.$ZodIssue, part: string): Problem[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      field: toField([...issue.path, key], part),
      message: "is no field here",
    }));
  if (issue.code === "invalid_union") {
    const [nearest = []] = [...issue.errors].sort((a, b) => deepest(b) - deepest(a));
    const inner = nearest.filter(({ path }) => path.length > 0);
    if (inner.length > 0)
      return inner.flatMap((one) => toProblems({ ...one, path: [...issue.path, ...one.path] }, part));
  }
  return [{ field: toField(issue.path, part), message: issue.message }];
}

function deepest(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

/** As `fieldToPointer` reads it back. */
function toField(path: readonly PropertyKey[], part: string): string {
  if (part !== "") return part + path.join(".");
  return path.map(toStep).join("").replace(/^\./, "");
}

function toStep(key: PropertyKey): string {
  if (typeof key === "number") return `[${key}]`;
  const name = String(key);
  return /^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
