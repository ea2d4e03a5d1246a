// An action as it lies in Redis. One that has credentials written into it lies there masked, with the whole
// of it sealed beside: who only needs its policies needs no key, and who reads Redis finds no credential.

import type { Action } from "./action.ts";
import { maskAction } from "./mask.ts";
import type { Sealer } from "./seal.ts";

const place = (id: string): string => `action ${id}`;

/** The text to store. Without a key, credentials stay as they were written. */
export function toStoredAction(action: Action, sealer: Sealer): string {
  const text = JSON.stringify(action);
  const masked = maskAction(action);
  if (!sealer.canSeal || JSON.stringify(masked) === text) return text;
  return JSON.stringify({ ...masked, sealed: sealer.seal(text, place(action.id)) });
}

/** The action without its credentials, as people see it and producers use it. */
export function toShownAction(stored: string): Action {
  const { sealed: _, ...action } = JSON.parse(stored) as Action & { sealed?: string };
  return maskAction(action);
}

/** The action as it was saved, or why it stays closed. */
export function openStoredAction(
  stored: string,
  sealer: Sealer,
): { readonly document: unknown } | { readonly problem: string } {
  const document = JSON.parse(stored) as Action & { sealed?: string };
  if (document.sealed === undefined) return { document };
  const opened = sealer.open(document.sealed, place(document.id));
  return "problem" in opened ? opened : { document: JSON.parse(opened.text) };
}

/**
 * The same text sealed under the first key; null where it is so already, undefined where it has nothing to
 * seal.
 */
export function resealStoredAction(
  stored: string,
  sealer: Sealer,
): string | null | undefined | { readonly problem: string } {
  const { sealed, ...action } = JSON.parse(stored) as Action & { sealed?: string };
  if (sealed === undefined) {
    const now = toStoredAction(action, sealer);
    return now === stored ? undefined : now;
  }
  if (sealer.isFresh(sealed)) return null;
  const opened = sealer.open(sealed, place(action.id));
  if ("problem" in opened) return opened;
  return JSON.stringify({ ...action, sealed: sealer.seal(opened.text, place(action.id)) });
}
