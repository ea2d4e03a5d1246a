// The destinations of actions, as far as their URLs tell without a customer's data.

import { hasCode } from "@postrider/shared/errors";
import type { ActionStore } from "./actions.ts";
import { findOrigin } from "./origin.ts";

/**
 * The origin that an action's URL names; null where it takes the customer's data to tell, or there is no such
 * action.
 */
export type FindActionOrigin = (action: string) => Promise<string | null>;

/** Versions are immutable, so what was found stays true. */
const KEPT_MAX = 1_000;
/** What is not there may be saved; a page of dead letters asks within this time. */
const MISSED_MS = 2_000;

export function createActionOrigins(actions: ActionStore): FindActionOrigin {
  const known = new Map<string, string | null>();
  /** When each was last found missing, by performance.now(). */
  const missed = new Map<string, number>();
  return async (ref) => {
    const found = known.get(ref);
    if (found !== undefined) return found;
    if (performance.now() - (missed.get(ref) ?? Number.NEGATIVE_INFINITY) < MISSED_MS) return null;
    const url = await readUrl(ref, actions);
    if (url === null) {
      keep(missed, ref, performance.now());
      return null;
    }
    const origin = findOrigin(url);
    keep(known, ref, origin);
    return origin;
  };
}

function keep<T>(kept: Map<string, T>, ref: string, value: T): void {
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(ref, value);
}

/** Null: there is no such action. */
async function readUrl(ref: string, actions: ActionStore): Promise<string | null> {
  try {
    return (await actions.get(ref)).action.url;
  } catch (error) {
    if (hasCode(error, "action_unknown")) return null;
    throw error;
  }
}
