// What a subscription delivers enters its lane: one delivery for each event, under an id that the two give,
// so that it is the same one however often it is handed in.

import { toCarriedId } from "@postrider/shared/carried-id";
import { invalidField } from "@postrider/shared/errors";
import { getOpen } from "../actions/archived.ts";
import { findOrigin } from "../actions/origin.ts";
import type { SavedAction } from "../actions/saved-versions.ts";
import { CHUNK } from "../enqueue/chunks.ts";
import { type EnqueueDependencies, toAdmission, toEntrance } from "../enqueue/enqueue.ts";
import { orThrow } from "../enqueue/ways.ts";
import type { Carried } from "./carried-event.ts";

/**
 * @returns the deliveries' ids.
 * @throws `action_unknown`, `action_archived`, `subscription_invalid`, what Redis throws.
 */
export type DeliverCarried = (
  subscription: { readonly id: string; readonly action: string },
  events: readonly Carried[],
) => Promise<string[]>;

export function createDeliverCarried(dependencies: EnqueueDependencies): DeliverCarried {
  const { ways, actions } = dependencies;
  return async ({ id, action }, events) => {
    const [saved] = await Promise.all([getOpen(actions, action), ways.look()]);
    originOf(saved);
    const customer = { id };
    const admissions = events.map((event) => ({
      ...toAdmission({ action, customer, event }, saved, dependencies),
      id: toCarriedId(id, event.id),
      isFresh: false,
    }));
    for (let from = 0; from < admissions.length; from += CHUNK) {
      const chunk = admissions.slice(from, from + CHUNK);
      const [first] = chunk;
      if (first === undefined) break;
      orThrow(await ways.take(chunk, (way) => toEntrance(first, saved, way)));
    }
    return admissions.map((admission) => admission.id);
  };
}

export const NO_HOST =
  "its URL does not name its host; give subscriptions an action whose URL begins like https://ops.example.com/";

/** Where a subscription's action sends. @throws `subscription_invalid` where that takes an event to tell. */
export function originOf({ action }: SavedAction): string {
  const origin = findOrigin(action.url);
  if (origin !== null) return origin;
  throw invalidField("subscription_invalid", "action", `${action.id}: ${NO_HOST}`);
}
