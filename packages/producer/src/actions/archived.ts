// What holds for an archived action: nothing new is enqueued for it. What waits is sent with its version, and
// what has failed can be replayed.

import { PostriderError } from "@postrider/shared/errors";
import type { ActionStore, SavedAction } from "./actions.ts";

/** While a run is enqueued its action is looked at so often: archiving holds for it within a second. */
const LOOK_MS = 500;

/** The action of an order. @throws `action_unknown`, `action_archived`. */
export async function getOpen(actions: ActionStore, ref: string): Promise<SavedAction> {
  const saved = await actions.get(ref);
  if (saved.archivedAt !== null) throw toArchived(saved.id);
  return saved;
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
