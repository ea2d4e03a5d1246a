// Actions as they are written, and as they lie in the store, made into what everything else works with.

import { type Action, actionSchema, storedSchema } from "./action.ts";
import { describeProblems, PostriderError, type Problem } from "./errors.ts";
import type { Example } from "./example.ts";
import { toProblems } from "./schema-problem.ts";

/**
 * Checks a document against the schema and fills the defaults in.
 * @throws PostriderError `action_invalid` with every problem at once.
 */
export function parseAction(document: unknown): Action {
  return parseActionDocument(document).action;
}

/**
 * The same, with the examples.
 * @throws PostriderError `action_invalid` with every problem at once.
 */
export function parseActionDocument(document: unknown): { action: Action; examples: readonly Example[] } {
  return parse(actionSchema, document);
}

/**
 * Reads a saved version. What rules forbid that came after it was saved, it may go on doing: deliveries name
 * it.
 * @throws PostriderError `action_invalid` with every problem at once.
 */
export function parseStoredAction(document: unknown): Action {
  return parse(storedSchema, document).action;
}

function parse(
  schema: typeof storedSchema,
  document: unknown,
): { action: Action; examples: readonly Example[] } {
  const parsed = schema.safeParse(document);
  if (parsed.success) {
    const { examples = [], ...action } = parsed.data;
    return { action, examples };
  }
  throw invalidAction(toProblems(parsed.error.issues, "an action"));
}

/** `action_invalid`, with every problem at once. */
export function invalidAction(problems: readonly Problem[]): PostriderError {
  return new PostriderError("action_invalid", `the action is not valid:\n${describeProblems(problems)}`, {
    problems,
  });
}
