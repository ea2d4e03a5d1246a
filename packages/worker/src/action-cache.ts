// The compiled actions that this process keeps: each `action@version` is read and compiled once, up to a
// bound.

import { type CompiledAction, compileAction } from "@postrider/compose/compile";
import type { Store } from "@postrider/redis/shard";
import { parseActionRef } from "@postrider/shared/action-ref";
import { hasCode, type PostriderError } from "@postrider/shared/errors";
import { parseStoredAction } from "@postrider/shared/parse-action";
import type { Sealer } from "@postrider/shared/seal";
import { openStoredAction } from "@postrider/shared/stored-action";
import { LRUCache } from "lru-cache";
import type { Unready, Unsendable } from "./attempt.ts";

/** A compiled action; null when the store has none; or why it cannot be opened here, or is refused by now. */
export type Found = CompiledAction | Unready | Unsendable | null;
/** Finds a compiled action by `id@version`. Known ones come back without a promise. */
export type FindAction = (ref: string) => Found | Promise<Found>;

/** Versions are immutable, so what was compiled never goes stale. */
export function createActionCache(store: Store, sealer: Sealer, actionsMax: number): FindAction {
  const compiled = new LRUCache<string, CompiledAction>({ max: actionsMax });
  const loading = new Map<string, Promise<Found>>();

  const load = async (ref: string): Promise<Found> => {
    const parsed = parseActionRef(ref);
    if (parsed?.version === undefined) return null;
    const stored = await store.redis.hget(store.keys.action(parsed.id), String(parsed.version));
    if (stored === null) return null;
    const action = openAction(ref, stored, sealer);
    if (!("kind" in action)) compiled.set(ref, action);
    return action;
  };

  return (ref) => {
    const known = compiled.get(ref);
    if (known !== undefined) return known;
    let pending = loading.get(ref);
    if (pending === undefined) {
      pending = load(ref).finally(() => loading.delete(ref));
      loading.set(ref, pending);
    }
    return pending;
  };
}

/** Opens and compiles what was stored. @param name that what cannot be opened is told by. */
export function openAction(name: string, stored: string, sealer: Sealer): NonNullable<Found> {
  const opened = openStoredAction(stored, sealer);
  if ("problem" in opened)
    return { kind: "unready", reason: "key_missing", message: `the action ${name} ${opened.problem}` };
  return compile(opened.document);
}

/** What an earlier release has saved, and this one refuses, stays so: a version does not change. */
function compile(document: Parameters<typeof parseStoredAction>[0]): CompiledAction | Unsendable {
  try {
    return compileAction(parseStoredAction(document));
  } catch (error) {
    if (!hasCode(error, "action_invalid")) throw error;
    return { kind: "unsendable", reason: "template", problems: (error as PostriderError).problems };
  }
}
