// The configuration of an installation as one document: actions, snippets, what operators grant to
// destinations for good, and subscriptions. Read and checked as a whole.

import { checkSnippet } from "@postrider/compose/complete-snippets";
import type { Action } from "@postrider/shared/action";
import { toOrigin } from "@postrider/shared/destination-origin";
import { describeProblems, PostriderError, type Problem } from "@postrider/shared/errors";
import type { Example } from "@postrider/shared/example";
import type { Limits } from "@postrider/shared/own-lane";
import { parseActionDocument } from "@postrider/shared/parse-action";
import { SNIPPETS_MAX } from "@postrider/shared/snippet";
import {
  isSubscriptionId,
  readSubscription,
  SUBSCRIPTION_ID_RULE,
  type SubscriptionDocument,
} from "@postrider/shared/subscription";
import { suggest } from "@postrider/shared/suggest";
import { readLimits } from "../destinations/parse-destination.ts";
import { SUBSCRIPTIONS_MAX } from "../subscriptions/subscriptions.ts";

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
  /** What each delivers, and by which action, by its id. */
  readonly subscriptions: Readonly<Record<string, SubscriptionDocument>>;
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
  readonly subscriptions: ReadonlyMap<string, SubscriptionDocument> | null;
  /** Ids of all actions in it, of those with a problem, too. */
  readonly named: ReadonlySet<unknown>;
}

const SECTIONS = ["version", "actions", "snippets", "destinations", "subscriptions"] as const;

/** What is wrong so far; whoever checks adds to it. */
export type Problems = Problem[];

/** What can be read of a document, and everything that is wrong with the rest. */
export function parseConfig(document: unknown, problems: Problems): ParsedConfig {
  const sections = isMap(document) ? document : {};
  if (!isMap(document)) problems.push({ field: "", message: `must be an object of ${SECTIONS.join(", ")}` });
  for (const name of Object.keys(sections)) {
    if (SECTIONS.some((known) => known === name)) continue;
    const meant = suggest(name, SECTIONS);
    const hint = meant === null ? "" : `; did you mean ${meant}?`;
    problems.push({ field: toField([name]), message: `is no field of a configuration${hint}` });
  }
  const { version, actions, snippets, destinations, subscriptions } = sections;
  if (version !== undefined && version !== 1) problems.push({ field: "version", message: "must be 1" });
  return {
    actions: actions === undefined ? null : parseActions(actions, problems),
    named: new Set(Array.isArray(actions) ? actions.flatMap((one) => (isMap(one) ? [one["id"]] : [])) : []),
    snippets: parseMap("snippets", snippets, problems, parseSnippets),
    destinations: parseMap("destinations", destinations, problems, parseDestinations),
    subscriptions: parseMap("subscriptions", subscriptions, problems, parseSubscriptions),
  };
}

type Sections = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Sections {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A section of things by name; null where it is left out, or none. */
function parseMap<T>(
  section: string,
  value: unknown,
  problems: Problems,
  parse: (value: Sections, problems: Problems) => ReadonlyMap<string, T>,
): ReadonlyMap<string, T> | null {
  if (value === undefined) return null;
  if (isMap(value)) return parse(value, problems);
  problems.push({ field: section, message: `must be an object, with one of the ${section} by each name` });
  return null;
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
  addBelow(field, error.problems, problems);
}

/** @param found problems whose fields are within `field`. */
function addBelow(field: string, found: readonly Problem[], problems: Problems): void {
  for (const problem of found)
    problems.push({ ...problem, field: [field, problem.field].filter(Boolean).join(".") });
}

function parseActions(documents: unknown, problems: Problems): ConfiguredAction[] {
  if (!Array.isArray(documents)) {
    problems.push({ field: "actions", message: "must be a list of actions" });
    return [];
  }
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

function parseSnippets(snippets: Sections, problems: Problems): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const [name, text] of Object.entries(snippets))
    if (typeof text === "string") all.set(name, text);
    else problems.push({ field: toField(["snippets", name]), message: "must be a text" });
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

function parseDestinations(destinations: Sections, problems: Problems): ReadonlyMap<string, Limits> {
  const all = new Map<string, Limits>();
  for (const [name, given] of Object.entries(destinations)) {
    const field = toField(["destinations", name]);
    const origin = toOrigin(name);
    const hint = origin === null ? "such as https://host or https://host:port" : `write ${origin}`;
    if (origin !== name) problems.push({ field, message: `is no origin of a destination; ${hint}` });
    const read = readLimits(given);
    if ("limits" in read) all.set(name, read.limits);
    else addBelow(field, read.problems, problems);
  }
  return all;
}

function parseSubscriptions(
  subscriptions: Sections,
  problems: Problems,
): ReadonlyMap<string, SubscriptionDocument> {
  const all = new Map<string, SubscriptionDocument>();
  for (const [id, document] of Object.entries(subscriptions)) {
    const field = toField(["subscriptions", id]);
    if (!isSubscriptionId(id)) problems.push({ field, message: `its id ${SUBSCRIPTION_ID_RULE}` });
    const read = readSubscription(document);
    if (!("problems" in read)) all.set(id, read);
    else addBelow(field, read.problems, problems);
  }
  if (all.size > SUBSCRIPTIONS_MAX)
    problems.push({ field: "subscriptions", message: `are more than ${SUBSCRIPTIONS_MAX}` });
  return all;
}

export function toField(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      const name = String(part);
      if (!/^\w+$/.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join("");
}
