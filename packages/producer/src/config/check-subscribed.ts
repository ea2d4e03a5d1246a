// Each subscription of a configuration names an action that is there once all is applied, and that can
// deliver it.

import type { Action } from "@postrider/shared/action";
import { parseActionRef } from "@postrider/shared/action-ref";
import { hasCode } from "@postrider/shared/errors";
import type { SubscriptionDocument } from "@postrider/shared/subscription";
import { findObstacle } from "../subscriptions/check-carriable.ts";
import { type ParsedConfig, type Problems, toField } from "./config-document.ts";
import type { StoredConfig } from "./stored-config.ts";

export interface Subscribed {
  readonly stored: StoredConfig;
  /** The document's valid actions with the snippets that they will have, by id. */
  readonly given: ReadonlyMap<string, Action>;
  readonly prune: boolean;
  readonly problems: Problems;
}

export function checkSubscribed(config: ParsedConfig, subscribed: Subscribed): void {
  for (const [id, document] of config.subscriptions ?? []) {
    const actionId = parseActionRef(document.action)?.id ?? "";
    // One that has a problem itself is told of already.
    if (config.named.has(actionId) && !subscribed.given.has(actionId)) continue;
    const action = findAction(actionId, config, subscribed);
    const message =
      action === null
        ? `no action is called ${actionId}, here or in the store`
        : tellObstacle(action, id, document);
    if (message !== null)
      subscribed.problems.push({ field: `${toField(["subscriptions", id])}.action`, message });
  }
}

/** As it is once the configuration is applied; null: there is none, or it is archived. */
function findAction(
  id: string,
  { actions }: ParsedConfig,
  { stored, given, prune }: Subscribed,
): Action | null {
  const action = given.get(id);
  if (action !== undefined || (prune && actions !== null)) return action ?? null;
  const kept = stored.actions.get(id);
  return kept === undefined || kept.isArchived ? null : kept.action;
}

/** What was saved by another version may not compile; enqueueing tells that. */
function tellObstacle(action: Action, id: string, document: SubscriptionDocument): string | null {
  try {
    return findObstacle(action, id, document);
  } catch (error) {
    if (hasCode(error, "action_invalid")) return null;
    throw error;
  }
}
