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

export function createActionOrigins(actions: ActionStore): FindActionOrigin {
  const known = new Map<string, string | null>();
  return async (ref) => {
    const found = known.get(ref);
    if (found !== undefined) return found;
    if (known.size >= KEPT_MAX) known.clear();
    try {
      const origin = findOrigin((await actions.get(ref)).action.url);
      known.set(ref, origin);
      return origin;
    } catch (error) {
      if (hasCode(error, "action_unknown")) return null;
      throw error;
    }
  };
}
