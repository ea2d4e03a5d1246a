// Documents that are not saved yet, as requests carry them beside other things: read, compiled, and what is
// wrong with them told at its place within the request.

import { type CompiledAction, compileAction } from "@postrider/compose/compile";
import { compileDraft } from "@postrider/compose/compile-draft";
import { toActionRef } from "@postrider/shared/action-ref";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import type { Example } from "@postrider/shared/example";
import { parseActionDocument } from "@postrider/shared/parse-action";
import type { Tools } from "../route/tools.ts";

export interface Drafted {
  /** `id@version`; the id alone for a document that is not saved. */
  readonly name: string;
  readonly compiled: CompiledAction;
  readonly examples: readonly Example[];
}

/**
 * The document that was sent, or else the saved action.
 * @throws `action_unknown`, `action_invalid`.
 */
export async function readDraft(
  id: string,
  document: object | undefined,
  { producer }: Tools,
): Promise<Drafted> {
  if (document === undefined) {
    const saved = await producer.actions.get(id);
    const examples = await producer.actions.examples(saved.id);
    return { name: toActionRef(saved), compiled: compileAction(saved.action), examples };
  }
  return inDocument(true, async () => {
    const { action, examples } = parseActionDocument({ id, ...document });
    if (action.id !== id) throw invalidField("action_invalid", "id", `must be ${id}, as the path says`);
    return { name: id, compiled: compileDraft(await producer.snippets.addTo(action)), examples };
  });
}

/** What is wrong with a document stands within `action` of the body. @param isDraft whether there is one. */
export async function inDocument<T>(isDraft: boolean, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDraft || !(error instanceof PostriderError) || error.code !== "action_invalid") throw error;
    const problems = error.problems.map((problem) => ({
      ...problem,
      field: ["action", problem.field].filter((part) => part !== "").join("."),
    }));
    throw new PostriderError("action_invalid", error.message, { cause: error, problems });
  }
}
