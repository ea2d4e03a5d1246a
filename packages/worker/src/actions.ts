// The compiled actions that this process keeps: each `action@version` is read and compiled once, up to a bound.

import { type CompiledAction, compileAction } from "@postrider/compose/compile";
import { parseAction, parseActionRef } from "@postrider/shared/action";
import { keys } from "@postrider/shared/lanes";
import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";

/** Finds a compiled action by `id@version`; null when the store has none. Known ones come back without a promise. */
export type FindAction = (ref: string) => CompiledAction | null | Promise<CompiledAction | null>;

/** Versions are immutable, so what was compiled never goes stale. */
export function createActionCache(redis: Redis, actionsMax: number): FindAction {
  const compiled = new LRUCache<string, CompiledAction>({ max: actionsMax });
  const loading = new Map<string, Promise<CompiledAction | null>>();

  const load = async (ref: string): Promise<CompiledAction | null> => {
    const parsed = parseActionRef(ref);
    if (parsed?.version === undefined) return null;
    const document = await redis.hget(keys.action(parsed.id), String(parsed.version));
    if (document === null) return null;
    const action = compileAction(parseAction(JSON.parse(document)));
    compiled.set(ref, action);
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
