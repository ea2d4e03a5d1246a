// What a configuration changes: worked out and checked as a whole before any of it is applied.

import { compileDraft } from "@postrider/compose/compile-draft";
import { completeSnippets } from "@postrider/compose/complete-snippets";
import type { Action } from "@postrider/shared/action";
import { hasCode } from "@postrider/shared/errors";
import { type Change, findChanges } from "@postrider/shared/json-diff";
import { findMasks, maskAction } from "@postrider/shared/mask";
import type { Verbs } from "../audit/audited.ts";
import { checkSubscribed } from "./check-subscribed.ts";
import { addProblems, type ConfiguredAction, type ParsedConfig, type Problems } from "./config-document.ts";
import { type StoredConfig, type StoredConfigAction, toCanonical } from "./stored-config.ts";

export const CONFIG_KINDS = ["snippet", "action", "destination", "subscription"] as const;

export interface ConfigChange {
  readonly kind: (typeof CONFIG_KINDS)[number];
  readonly name: string;
  /** `removed`: an action is archived. */
  readonly change: "added" | "changed" | "removed";
  /** The smallest parts that differ; none where that is a credential, which is shown to nobody. */
  readonly changes: readonly Change[];
}

export interface ConfigStep extends ConfigChange {
  /** Carries it out. */
  readonly apply: () => Promise<unknown>;
}

interface Planning {
  readonly verbs: Verbs;
  readonly stored: StoredConfig;
  readonly prune: boolean;
  readonly problems: Problems;
}

/** The steps in the order in which they are carried out: what others need first, what goes last. */
export async function planConfig(config: ParsedConfig, planning: Planning): Promise<ConfigStep[]> {
  const { verbs, stored, prune, problems } = planning;
  const { snippets, destinations, subscriptions } = verbs;
  const given = new Map<string, Action>();
  const steps = [
    ...findSteps("snippet", config.snippets, stored.snippets, (name, text) => snippets.set(name, text)),
    ...(await planActions(config, planning, given)),
    ...findSteps("destination", config.destinations, stored.destinations, (origin, limits) =>
      destinations.configure(origin, limits),
    ),
    ...findSteps("subscription", config.subscriptions, stored.subscriptions, (id, document) =>
      subscriptions.set(id, document),
    ),
  ];
  checkSubscribed(config, { stored, prune, problems, given });
  if (!prune) return steps;
  const ids = config.actions && new Map(config.actions.map(({ action }) => [action.id, action]));
  const open = new Map([...stored.actions].filter(([, { isArchived }]) => !isArchived));
  return [
    ...steps,
    // Before the actions that deliver them.
    ...findRemoved("subscription", config.subscriptions, stored.subscriptions, (id) =>
      subscriptions.remove(id),
    ),
    ...findRemoved("action", ids, open, (id) => verbs.actions.archive(id)),
    ...findRemoved("snippet", config.snippets, stored.snippets, (name) => snippets.remove(name)),
    ...findRemoved("destination", config.destinations, stored.destinations, (origin) =>
      destinations.configure(origin, null),
    ),
  ];
}

function findSteps<T>(
  kind: ConfigChange["kind"],
  given: ReadonlyMap<string, T> | null,
  stored: ReadonlyMap<string, T>,
  set: (name: string, value: T) => Promise<unknown>,
): ConfigStep[] {
  return [...(given ?? [])].flatMap(([name, value]) => {
    const before = stored.get(name);
    if (before !== undefined && toCanonical(before) === toCanonical(value)) return [];
    const change = before === undefined ? "added" : "changed";
    const changes = before === undefined ? [] : findChanges(before, value);
    return [{ kind, name, change, changes, apply: () => set(name, value) }] satisfies ConfigStep[];
  });
}

/** Of a section that the configuration leaves out nothing is removed. */
function findRemoved(
  kind: ConfigChange["kind"],
  given: ReadonlyMap<string, unknown> | null,
  stored: ReadonlyMap<string, unknown>,
  remove: (name: string) => Promise<unknown>,
): ConfigStep[] {
  if (given === null) return [];
  return [...stored.keys()]
    .filter((name) => !given.has(name))
    .map((name) => ({ kind, name, change: "removed", changes: [], apply: () => remove(name) }));
}

/** @param given gets those that are valid, with their snippets. */
async function planActions(
  config: ParsedConfig,
  planning: Planning,
  given: Map<string, Action>,
): Promise<ConfigStep[]> {
  const { stored, prune, problems } = planning;
  const kept = prune && config.snippets !== null ? [] : [...stored.snippets];
  const snippets = Object.fromEntries([...kept, ...(config.snippets ?? [])]);
  const steps: ConfigStep[] = [];
  for (const configured of config.actions ?? []) {
    try {
      const action = await completeSnippets(configured.action, (names) => pick(snippets, names));
      compileDraft(action);
      given.set(action.id, action);
      const step = await planAction(configured, action, planning);
      if (step !== null) steps.push(step);
    } catch (error) {
      addProblems(error, configured.field, problems);
    }
  }
  return steps;
}

function pick(snippets: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  const own = names.filter((name) => Object.hasOwn(snippets, name));
  return Object.fromEntries(own.map((name) => [name, snippets[name] ?? ""]));
}

/** @param action with the snippets that it will have. @returns null where it says what stands there. */
async function planAction(
  configured: ConfiguredAction,
  action: Action,
  { verbs, stored, problems }: Planning,
): Promise<ConfigStep | null> {
  const { examples, document, field } = configured;
  const { id } = action;
  const latest = stored.actions.get(id);
  const isSame = latest !== undefined && (await isSaved(configured, action, latest, verbs));
  if (isSame && !latest.isArchived) return null;
  if (!isSame) problems.push(...findMaskProblems(action, field));
  const isAdded = latest === undefined || latest.isArchived;
  const shown = { ...maskAction(action), examples };
  return {
    kind: "action",
    name: id,
    change: isAdded ? "added" : "changed",
    changes: isAdded ? [] : findChanges({ ...latest.action, examples: latest.examples }, shown),
    // What says the same is not saved anew: where credentials are masked, the masks must not be.
    apply: () =>
      isSame ? verbs.actions.restore(id) : verbs.actions.apply(document, { ifLatest: latest?.version ?? 0 }),
  };
}

/**
 * The credential that is there does not take a mask's place: who cannot see it could have it sent elsewhere.
 */
function findMaskProblems(action: Action, field: string): Problems {
  return findMasks(action).map((mask) => ({
    field: `${field}.${mask}`,
    message:
      "is a mask, as exports have it for a credential, and something else has changed; write the credential, or better name a stored secret",
  }));
}

/** Whether an action and its examples are what its latest version says. */
async function isSaved(
  { examples }: ConfiguredAction,
  action: Action,
  latest: StoredConfigAction,
  { actions }: Verbs,
): Promise<boolean> {
  if (toCanonical(examples) !== toCanonical(latest.examples)) return false;
  if (toCanonical(maskAction(action)) !== toCanonical(latest.action)) return false;
  if (toCanonical(action) === toCanonical(latest.action)) return true;
  try {
    return toCanonical((await actions.open(action.id)).action) === toCanonical(action);
  } catch (error) {
    // Without the key nobody can tell, and saving it tells that.
    if (hasCode(error, "key_missing")) return false;
    throw error;
  }
}
