// The configuration as it stands: read from the store, and as the document that says it.

import { hash } from "node:crypto";
import type { Action } from "@postrider/shared/action";
import { CANARY_ACTION } from "@postrider/shared/canary-action";
import { stringifyExact } from "@postrider/shared/exact-json";
import type { Example } from "@postrider/shared/example";
import type { Limits } from "@postrider/shared/own-lane";
import type { Verbs } from "../audit/audited.ts";
import type { ConfigDocument } from "./config-document.ts";

export interface StoredConfigAction {
  readonly version: number;
  readonly isArchived: boolean;
  /** Its credentials are masked. */
  readonly action: Action;
  readonly examples: readonly Example[];
}

export interface StoredConfig {
  /** Archived ones, too. */
  readonly actions: ReadonlyMap<string, StoredConfigAction>;
  readonly snippets: ReadonlyMap<string, string>;
  /** What operators have set without an end. */
  readonly destinations: ReadonlyMap<string, Limits>;
}

export async function readStoredConfig({ actions, snippets, destinations }: Verbs): Promise<StoredConfig> {
  const stored = new Map<string, StoredConfigAction>();
  for (const { id } of await actions.list({ archived: true })) {
    // Each installation has its own.
    if (id === CANARY_ACTION) continue;
    const { version, archivedAt, action } = await actions.get(id);
    stored.set(id, {
      version,
      isArchived: archivedAt !== null,
      action,
      examples: await actions.examples(id),
    });
  }
  return {
    actions: stored,
    snippets: new Map((await snippets.list()).map(({ name, text }) => [name, text])),
    destinations: new Map((await destinations.configured()).map(({ origin, limits }) => [origin, limits])),
  };
}

/** The document that says the same, in an order that depends on nothing else; without archived actions. */
export function toConfigDocument({ actions, snippets, destinations }: StoredConfig): ConfigDocument {
  return {
    version: 1,
    actions: [...actions.values()]
      .filter(({ isArchived }) => !isArchived)
      .map(({ action, examples }) => toActionDocument(action, examples, snippets)),
    snippets: Object.fromEntries(snippets),
    destinations: Object.fromEntries(destinations),
  };
}

/** Without those snippets that are the store's: saved again, the action takes them up from there. */
function toActionDocument(
  { snippets = {}, ...action }: Action,
  examples: readonly Example[],
  ofStore: ReadonlyMap<string, string>,
): object {
  const own = Object.entries(snippets).filter(([name, text]) => ofStore.get(name) !== text);
  return {
    ...action,
    ...(own.length > 0 && { snippets: Object.fromEntries(own) }),
    ...(examples.length > 0 && { examples }),
  };
}

/** Tells whether anything in a configuration has changed. */
export function digestConfig(stored: StoredConfig): string {
  const versions = [...stored.actions].map(([id, { version }]) => [id, version]);
  return hash("sha256", toCanonical([versions, toConfigDocument(stored)]), "base64url").slice(0, 22);
}

/** Two values say the same where this is the same. */
export function toCanonical(value: unknown): string {
  return stringifyExact(sortKeys(value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, member]) => [name, sortKeys(member)]));
}
