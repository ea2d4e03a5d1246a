// Saved versions of actions, read for those who enqueue and look. Whoever enqueues single deliveries needs
// the same latest versions all the time, and only whether they still are the latest is asked of Redis again.

import { createHash } from "node:crypto";
import { asProducer } from "@postrider/redis/connect";
import type { Store } from "@postrider/redis/shard";
import type { Action } from "@postrider/shared/action";
import { type ActionVersion, parseActionRef } from "@postrider/shared/action-ref";
import { PostriderError } from "@postrider/shared/errors";
import { toShownAction } from "@postrider/shared/stored-action";
import { LRUCache } from "lru-cache";

/** Characters of the documents that are kept. */
const KEPT_CHARS_MAX = 8_000_000;

export interface ActionListed extends ActionVersion {
  /** Unix ms since when nothing new is enqueued for the action; null: it is open. */
  readonly archivedAt: number | null;
}

export interface SavedAction extends ActionListed {
  /** Credentials that are written into it are masked. */
  readonly action: Action;
}

type StoredAction = ActionListed & { readonly stored: string };

export interface SavedVersions {
  /** As it lies in Redis, `id` being the latest version. @throws `action_unknown`. */
  read(ref: string): Promise<StoredAction>;
  /** As people see it. @throws `action_unknown`. */
  show(ref: string): Promise<SavedAction>;
}

export function createSavedVersions(store: Store): SavedVersions {
  // By its digest rather than its number, since a store that was emptied counts from 1 again.
  const kept = new LRUCache<string, string>({
    maxSize: KEPT_CHARS_MAX,
    sizeCalculation: ({ length }) => length,
  });
  const ask = (id: string, ...fields: string[]): Promise<(string | null)[]> =>
    asProducer(() => store.redis.hmget(store.keys.action(id), ...fields));
  const readVersion = async (id: string, version: number): Promise<StoredAction> => {
    const [stored = null, archivedAt] = await ask(id, String(version), "archivedAt");
    if (stored === null || version < 1) throw unknown(`${id}@${version}`);
    return { id, version, archivedAt: toTime(archivedAt), stored };
  };
  const readKept = async (id: string): Promise<StoredAction> => {
    const [latest = null, digest = null, archivedAt] = await ask(id, "latest", "digest", "archivedAt");
    if (latest === null) throw unknown(id);
    const version = Number(latest);
    const known = digest === null ? undefined : kept.get(digest);
    if (known !== undefined) return { id, version, archivedAt: toTime(archivedAt), stored: known };
    const read = await readVersion(id, version);
    // It may be another store's by now, or sealed anew since it was saved.
    if (digest === toDigest(read.stored)) kept.set(digest, read.stored);
    return read;
  };
  return {
    async read(ref) {
      const { id, version } = parse(ref);
      if (version !== undefined) return readVersion(id, version);
      const [latest = null] = await ask(id, "latest");
      if (latest === null) throw unknown(id);
      return readVersion(id, Number(latest));
    },
    async show(ref) {
      const { id, version } = parse(ref);
      const { stored, ...listed } = await (version === undefined ? readKept(id) : readVersion(id, version));
      return { ...listed, action: toShownAction(stored) };
    },
  };
}

/** Tells whether two stored documents say the same. */
export function toDigest(stored: string): string {
  return createHash("sha256").update(stored).digest("base64url");
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
