// The configuration of an installation as one document: actions, snippets, and what operators grant to
// destinations for good. Read and checked as a whole.

import { checkSnippet } from "@postrider/compose/complete-snippets";
import type { Action } from "@postrider/shared/action";
import { limitsSchema } from "@postrider/shared/action";
import { toOrigin } from "@postrider/shared/destination-origin";
import { describeProblems, PostriderError, type Problem } from "@postrider/shared/errors";
import type { Example } from "@postrider/shared/example";
import type { Limits } from "@postrider/shared/own-lane";
import { parseActionDocument } from "@postrider/shared/parse-action";
import { SNIPPETS_MAX } from "@postrider/shared/snippet";
import { z } from "zod";

/** What a document says; of a section that it leaves out it says nothing. */
export interface ConfigDocument {
  /** Of the form of this document. */
  readonly version: 1;
  /** As `PUT /v1/actions/:id` takes them, with their ids. */
  readonly actions: readonly object[];
  /** Texts by name. */
  readonly snippets: Readonly<Record<string, string>>;
  /** Limits by origin. */
  readonly destinations: Readonly<Record<string, Limits>>;
}

export interface ConfiguredAction {
  readonly action: Action;
  readonly examples: readonly Example[];
  /** As it was written. */
  readonly document: unknown;
  /** Its field in the configuration. */
  readonly field: string;
}

/** A checked document; what it leaves out is null. */
export interface ParsedConfig {
  readonly actions: readonly ConfiguredAction[] | null;
  readonly snippets: ReadonlyMap<string, string> | null;
  readonly destinations: ReadonlyMap<string, Limits> | null;
}

const schema = z.strictObject({
  version: z.literal(1, "must be 1").optional(),
  actions: z.array(z.unknown()).optional(),
  snippets: z.record(z.string(), z.string()).optional(),
  destinations: z.record(z.string(), limitsSchema).optional(),
});

/** What is wrong so far; whoever checks adds to it. */
export type Problems = Problem[];

/** What can be read of a document, and what is wrong with the rest. */
export function parseConfig(document: unknown, problems: Problems): ParsedConfig {
  const parsed = schema.safeParse(document);
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map(toProblem));
    return { actions: null, snippets: null, destinations: null };
  }
  const { actions, snippets, destinations } = parsed.data;
  return {
    actions: actions === undefined ? null : parseActions(actions, problems),
    snippets: snippets === undefined ? null : parseSnippets(snippets, problems),
    destinations: destinations === undefined ? null : parseDestinations(destinations, problems),
  };
}

/** @throws `config_invalid` where anything is wrong. */
export function refuseInvalid(problems: Problems): void {
  if (problems.length === 0) return;
  throw new PostriderError(
    "config_invalid",
    `the configuration is not valid, nothing was applied:\n${describeProblems(problems)}`,
    { problems },
  );
}

/** What an error says is wrong within a field. @throws what is no problem of a document. */
export function addProblems(error: unknown, field: string, problems: Problems): void {
  if (!(error instanceof PostriderError) || error.code !== "action_invalid") throw error;
  for (const problem of error.problems)
    problems.push({ ...problem, field: [field, problem.field].filter(Boolean).join(".") });
}

function parseActions(documents: readonly unknown[], problems: Problems): ConfiguredAction[] {
  const fields = new Map<string, string>();
  return documents.flatMap((document, index) => {
    const field = `actions[${index}]`;
    try {
      const parsed = { ...parseActionDocument(document), document, field };
      const { id } = parsed.action;
      const first = fields.get(id);
      if (first !== undefined)
        problems.push({ field: `${field}.id`, message: `${id} stands in ${first} already` });
      fields.set(id, first ?? field);
      return [parsed];
    } catch (error) {
      addProblems(error, field, problems);
      return [];
    }
  });
}

function parseSnippets(
  snippets: Readonly<Record<string, string>>,
  problems: Problems,
): ReadonlyMap<string, string> {
  const all = new Map(Object.entries(snippets));
  if (all.size > SNIPPETS_MAX) problems.push({ field: "snippets", message: `are more than ${SNIPPETS_MAX}` });
  for (const [name, text] of all) {
    try {
      checkSnippet(name, text);
    } catch (error) {
      // Their fields are `snippets["name"]` already.
      addProblems(error, "", problems);
    }
  }
  return all;
}

function parseDestinations(
  destinations: Readonly<Record<string, Limits>>,
  problems: Problems,
): ReadonlyMap<string, Limits> {
  for (const name of Object.keys(destinations)) {
    const origin = toOrigin(name);
    if (origin === name) continue;
    const hint = origin === null ? "such as https://host or https://host:port" : `write ${origin}`;
    problems.push({
      field: toField(["destinations", name]),
      message: `is no origin of a destination; ${hint}`,
    });
  }
  return new Map(Object.entries(destinations));
}

function toProblem({ code, path, message, ...issue }: z.core.$ZodIssue): Problem {
  const keys = code === "unrecognized_keys" ? (issue as z.core.$ZodIssueUnrecognizedKeys).keys : [];
  return {
    field: toField([...path, ...keys.slice(0, 1)]),
    message: keys.length > 0 ? "is no field of a configuration" : message,
  };
}

function toField(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      const name = String(part);
      if (!/^\w+$/.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join("");
}
