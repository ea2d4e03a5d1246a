// Saved versions of actions, read for those who enqueue and look. Whoever enqueues single deliveries needs
// the same latest versions all the time, and only whether they still are the latest is asked of Redis again.

import { asProducer } from "@postrider/redis/connect";
import type { Store } from "@postrider/redis/shard";
import type { Action } from "@postrider/shared/action";
import { type ActionVersion, parseActionRef } from "@postrider/shared/action-ref";
import { PostriderError } from "@postrider/shared/errors";
import { toShownAction } from "@postrider/shared/stored-action";
import { LRUCache } from "lru-cache";

/** Characters of the documents whose actions are kept. */
const KEPT_CHARS_MAX = 8_000_000;

export interface ActionListed extends ActionVersion {
  /** Unix ms since when nothing new is enqueued for the action; null: it is open. */
  readonly archivedAt: number | null;
}

export interface SavedAction extends ActionListed {
  /** Credentials that are written into it are masked. */
  readonly action: Action;
}

export interface SavedVersions {
  /** As it lies in Redis. @throws `action_unknown`. */
  read(ref: string): Promise<ActionListed & { readonly stored: string }>;
  /** As people see it, to be left as it is: others get the same object. @throws `action_unknown`. */
  show(ref: string): Promise<SavedAction>;
}

export function createSavedVersions(store: Store): SavedVersions {
  // By its digest rather than its number, since a store that was emptied counts from 1 again.
  const kept = new LRUCache<string, Action>({ maxSize: KEPT_CHARS_MAX });
  const ask = ({ id }: { readonly id: string }, ...fields: string[]): Promise<(string | null)[]> =>
    asProducer(() => store.redis.hmget(store.keys.action(id), ...fields));
  const read: SavedVersions["read"] = async (ref) => {
    const parsed = parse(ref);
    const version = parsed.version ?? Number((await ask(parsed, "latest"))[0]);
    const [stored = null, archivedAt] = await ask(parsed, String(version), "archivedAt");
    if (stored === null || version < 1) throw unknown(ref);
    return { id: parsed.id, version, archivedAt: toTime(archivedAt), stored };
  };
  const showLatest = async (id: string): Promise<SavedAction> => {
    const [latest = null, digest = null, archivedAt] = await ask({ id }, "latest", "digest", "archivedAt");
    if (latest === null) throw unknown(id);
    const listed = { id, version: Number(latest), archivedAt: toTime(archivedAt) };
    const known = digest === null ? undefined : kept.get(digest);
    if (known !== undefined) return { ...listed, action: known };
    const { stored } = await read(`${id}@${latest}`);
    const action = toShownAction(stored);
    if (digest !== null) kept.set(digest, action, { size: stored.length });
    return { ...listed, action };
  };
  return {
    read,
    async show(ref) {
      const { id, version } = parse(ref);
      if (version === undefined) return await showLatest(id);
      const { stored, ...listed } = await read(ref);
      return { ...listed, action: toShownAction(stored) };
    },
  };
}

/** @throws `action_unknown`. */
function parse(ref: string): { readonly id: string; readonly version?: number | undefined } {
  const parsed = parseActionRef(ref);
  if (parsed !== null) return parsed;
  throw new PostriderError(
    "action_unknown",
    `"${ref}" is no action: it must look like my-action or my-action@3`,
  );
}

export function toTime(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

function unknown(ref: string): PostriderError {
  return new PostriderError(
    "action_unknown",
    `the action ${ref} is not in the store; save it with actions apply`,
  );
}
