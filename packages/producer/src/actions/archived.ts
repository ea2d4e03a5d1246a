// What holds for an archived action: nothing new is enqueued for it. What waits is sent with its version, and
// what has failed can be replayed.

import { PostriderError } from "@postrider/shared/errors";
import type { ActionStore } from "./actions.ts";
import type { SavedAction } from "./saved-versions.ts";

/** While a run is enqueued its action is looked at so often: archiving holds for it within a second. */
const LOOK_MS = 500;

/** The action of an order. @throws `action_unknown`, `action_archived`. */
export async function getOpen(actions: ActionStore, ref: string): Promise<SavedAction> {
  const saved = await actions.get(ref);
  if (saved.archivedAt !== null) throw toArchived(saved.id);
  return saved;
}

/**
 * Those that some orders name, which mostly are the same few: each is read once, and all at once, since one
 * after the other they would be as many round trips.
 * @throws from the returned function, what `getOpen` throws.
 */
export function readAllOpen(
  actions: ActionStore,
  refs: readonly string[],
): (ref: string) => Promise<SavedAction> {
  const found = new Map<string, Promise<SavedAction>>();
  const find = (ref: string): Promise<SavedAction> => {
    const known = found.get(ref) ?? getOpen(actions, ref);
    found.set(ref, known);
    return known;
  };
  // What fails is thrown once more where an order needs it.
  for (const ref of refs) find(ref).catch(() => undefined);
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
