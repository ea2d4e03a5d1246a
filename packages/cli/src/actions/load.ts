// From files and references to compiled actions: all of them, or every problem of all of them at once.

import { type CompiledAction, compileAction } from "@postrider/compose/compile";
import { compileDraft } from "@postrider/compose/compile-draft";
import { completeSnippets, findMissingSnippets } from "@postrider/compose/complete-snippets";
import type { Action } from "@postrider/shared/action";
import { describeProblems, PostriderError, type Problem } from "@postrider/shared/errors";
import type { Example } from "@postrider/shared/example";
import { parseAction, parseActionDocument } from "@postrider/shared/parse-action";
import type { Context } from "../context.ts";
import { type ActionDocument, isActionFile, readActionDocuments } from "../documents.ts";
import { withService } from "../with-service.ts";
import { withMeantAction } from "./with-meant-action.ts";

export interface LoadedAction {
  /** Where it stands. */
  readonly source: string;
  readonly document: unknown;
  readonly compiled: CompiledAction;
  readonly examples: readonly Example[];
}

/** Snippets of a file, which stand before those of the store. */
export type GivenSnippets = Readonly<Record<string, string>>;

/**
 * The actions of files.
 * @throws PostriderError `action_invalid` with every problem of every document.
 */
export async function loadFiles(
  files: readonly string[],
  context: Context,
  given: GivenSnippets = {},
): Promise<LoadedAction[]> {
  const read = await Promise.all(files.map(readActionDocuments));
  const problems = read.flatMap((file) => file.problems);
  const loaded: LoadedAction[] = [];
  for (const document of read.flatMap((file) => file.documents)) {
    const found = await loadDocument(document, context, given);
    if ("problems" in found) problems.push(...found.problems);
    else loaded.push(found);
  }
  problems.push(...findRepeated(loaded));
  if (problems.length === 0) return loaded;
  throw new PostriderError("action_invalid", `not valid, nothing was done:\n${describeProblems(problems)}`, {
    problems,
  });
}

/**
 * The one action of a file, or a saved one, which has masks for the credentials that are written into it.
 * @throws `action_invalid`, `action_unknown`.
 */
export async function loadAction(
  action: string,
  context: Context,
  { given = {} }: { readonly given?: GivenSnippets } = {},
): Promise<CompiledAction> {
  if (!isActionFile(action)) {
    const saved = await withService(context.settings(), (service) =>
      withMeantAction(service, action, () => service.actions.get(action)),
    );
    return compileAction(saved.action);
  }
  const [path = "", id] = action.split("#");
  const loaded = await loadFiles([path], context, given);
  const [first, ...rest] = loaded.filter(({ compiled }) => id === undefined || compiled.action.id === id);
  if (first !== undefined && rest.length === 0) return first.compiled;
  const ids = loaded.map(({ compiled }) => compiled.action.id).join(", ");
  throw new PostriderError(
    "action_invalid",
    id === undefined
      ? `${path}: holds ${loaded.length} actions; name one as ${path}#ID (${ids})`
      : `${path}: holds no action ${id}; there are ${ids}`,
  );
}

async function loadDocument(
  { source, document }: ActionDocument,
  context: Context,
  given: GivenSnippets,
): Promise<LoadedAction | { problems: Problem[] }> {
  try {
    const { action, examples } = parseActionDocument(document);
    const complete = await addSnippets(action, context, given);
    return { source, document, compiled: compileDraft(complete), examples };
  } catch (error) {
    if (!(error instanceof PostriderError) || error.code !== "action_invalid") throw error;
    const problems = [...error.problems, ...findFurtherProblems(document, error.problems)];
    return { problems: problems.map((problem) => ({ ...problem, field: `${source}: ${problem.field}` })) };
  }
}

/**
 * The store is asked only for what neither the action nor the given file has, so that most files need no
 * Redis.
 */
async function addSnippets(action: Action, context: Context, given: GivenSnippets): Promise<Action> {
  const complete = await completeSnippets(action, (names) => pick(given, names));
  if (findMissingSnippets(complete).length === 0) return complete;
  return withService(context.settings(), ({ snippets }) => snippets.addTo(complete));
}

function pick(given: GivenSnippets, names: readonly string[]): GivenSnippets {
  return Object.fromEntries(
    names.flatMap((name) => (Object.hasOwn(given, name) ? [[name, given[name] ?? ""]] : [])),
  );
}

/** What the templates of the other fields have wrong, where a document breaks the schema already. */
function findFurtherProblems(document: unknown, known: readonly Problem[]): readonly Problem[] {
  if (typeof document !== "object" || document === null) return [];
  const bad = new Set(known.map(({ field }) => field.split(/[.[]/)[0] ?? ""));
  // What these allow decides what is wrong elsewhere.
  if (bad.has("secrets") || bad.has("secretsInBody")) return [];
  const good = Object.entries(document).filter(([name]) => !bad.has(name));
  try {
    compileDraft(parseAction({ id: "a", url: "https://a/", ...Object.fromEntries(good) }));
    return [];
  } catch (error) {
    const further = error instanceof PostriderError ? error.problems : [];
    return further.filter(({ field }) => !bad.has(field.split(/[.[]/)[0] ?? ""));
  }
}

function findRepeated(loaded: readonly LoadedAction[]): Problem[] {
  const sources = new Map<string, string>();
  return loaded.flatMap(({ source, compiled: { action } }) => {
    const first = sources.get(action.id);
    sources.set(action.id, first ?? source);
    return first === undefined
      ? []
      : [{ field: `${source}: id`, message: `${action.id} stands in ${first} already` }];
  });
}
