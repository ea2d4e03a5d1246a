// Which snippets an action still needs, and the action with them. Where they come from is the caller's
// matter.

import type { Action } from "@postrider/shared/action";
import { describeProblems, PostriderError } from "@postrider/shared/errors";
import { parseSnippet } from "@postrider/shared/snippet";
import { templatesOf } from "@postrider/shared/templates";
import { createDialect } from "./dialect/dialect.ts";
import { findFaults } from "./render/filter-arguments.ts";
import { findSnippetNames, SNIPPET_DEPTH_MAX, type Snippets } from "./render/inline-snippets.ts";
import { findSyntaxProblem } from "./render/template.ts";

/** The snippets that an action's templates name, directly or in other snippets, and that it does not have. */
export function findMissingSnippets(action: Action): string[] {
  const { snippets = {} } = action;
  const liquid = createDialect({ failOnMissing: false });
  return [...findSnippetNames(liquid, templatesOf(action))].filter((name) => !Object.hasOwn(snippets, name));
}

/**
 * The action with what it needs of `find`, which gives those that it knows. What stays unknown is told when
 * the action is compiled.
 */
export async function completeSnippets(
  action: Action,
  find: (names: readonly string[]) => Promise<Snippets> | Snippets,
): Promise<Action> {
  let complete = action;
  for (let depth = 0; depth < SNIPPET_DEPTH_MAX; depth++) {
    const missing = findMissingSnippets(complete);
    if (missing.length === 0) break;
    const found = await find(missing);
    if (Object.keys(found).length === 0) break;
    complete = { ...complete, snippets: { ...found, ...complete.snippets } };
  }
  return complete;
}

/** Checks a snippet by itself; those that it uses may come later. @throws PostriderError `action_invalid`. */
export function checkSnippet(name: string, text: string): void {
  parseSnippet({ name, text });
  const field = `snippets[${JSON.stringify(name)}]`;
  const liquid = createDialect({ failOnMissing: false });
  const problem =
    findSyntaxProblem(liquid, field, text) ??
    findFaults(liquid.parse(text), field).find(({ isFatal }) => isFatal)?.problem ??
    null;
  if (problem !== null)
    throw new PostriderError("action_invalid", describeProblems([problem]), { problems: [problem] });
}
