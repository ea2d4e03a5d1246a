// What holds for an archived action: nothing new is enqueued for it. What waits is sent with its version, and
// what has failed can be replayed.

import { PostriderError } from "@postrider/shared/errors";
import type { ActionStore } from "./actions.ts";
import type { SavedAction } from "./saved-versions.ts";

/** While a run is enqueued its action is looked at so often: archiving holds for it within a second. */
const LOOK_MS = 500;

/** Documents may be large. */
const READ_AT_ONCE = 50;

/** The action of an order. @throws `action_unknown`, `action_archived`. */
export async function getOpen(actions: ActionStore, ref: string): Promise<SavedAction> {
  const saved = await actions.get(ref);
  if (saved.archivedAt !== null) throw toArchived(saved.id);
  return saved;
}

/**
 * Reads those that some orders name, which mostly are the same few: each once, and some at a time, since one
 * after the other they would be as many round trips. @throws from the returned function, as `getOpen` does.
 */
export async function readAllOpen(
  actions: ActionStore,
  refs: readonly string[],
): Promise<(ref: string) => Promise<SavedAction>> {
  const found = new Map<string, Promise<SavedAction>>();
  const find = (ref: string): Promise<SavedAction> => {
    const known = found.get(ref) ?? getOpen(actions, ref);
    found.set(ref, known);
    return known;
  };
  const all = [...new Set(refs)];
  // What fails is thrown once more where an order needs it.
  for (let from = 0; from < all.length; from += READ_AT_ONCE)
    await Promise.allSettled(all.slice(from, from + READ_AT_ONCE).map(find));
  return find;
}

/** Looks from time to time whether an action has been archived. @throws `action_archived`. */
export type ArchiveLook = () => Promise<void>;

export function createArchiveLook(actions: ActionStore, id: string, now: () => number): ArchiveLook {
  let lookedAt = now();
  return async () => {
    if (now() - lookedAt < LOOK_MS) return;
    const startedAt = now();
    if (await actions.isArchived(id)) throw toArchived(id);
    lookedAt = startedAt;
  };
}

function toArchived(id: string): PostriderError {
  return new PostriderError(
    "action_archived",
    `the action ${id} is archived, so that nothing new is enqueued for it; bring it back by saving a version again, or with: postrider actions restore ${id}`,
  );
}
