// The action store: immutable versions, in Redis.

import { asProducer } from "@postrider/redis/connect";
import { readReplies } from "@postrider/redis/replies";
import { archiveAction, restoreAction } from "@postrider/redis/scripts/archive-action";
import type { Store } from "@postrider/redis/shard";
import { PostriderError } from "@postrider/shared/errors";
import { parseExact } from "@postrider/shared/exact-json";
import type { Example } from "@postrider/shared/example";
import { parseStoredAction } from "@postrider/shared/parse-action";
import type { Sealer } from "@postrider/shared/seal";
import { openStoredAction } from "@postrider/shared/stored-action";
import type { SnippetStore } from "../snippets/snippets.ts";
import type { AnnounceLimits } from "./announce-limits.ts";
import { type Applied, applyAction } from "./apply-action.ts";
import { type ActionListed, createSavedVersions, type SavedAction, toTime } from "./saved-versions.ts";

export interface Switched {
  /** False: it was so already. */
  readonly isChanged: boolean;
}

export interface ActionStore {
  /**
   * Saves a document, with what it uses of the store's snippets, as a new version, unless the latest one has
   * the same content. Its examples are kept beside the versions, and make none. An archived action is open
   * again with it.
   * @param ifLatest the version that must be the latest one, 0 for none at all; absent: any.
   * @throws `action_invalid`, `precondition_failed`.
   */
  apply(document: unknown, condition?: { readonly ifLatest?: number }): Promise<Applied>;
  /** The version that `id` (then the latest) or `id@version` names. @throws `action_unknown`. */
  get(ref: string): Promise<SavedAction>;
  /** The same with its credentials, to send with. @throws `action_unknown`, `key_missing`. */
  open(ref: string): Promise<SavedAction>;
  /** The examples of an action's latest document. @throws `action_unknown`. */
  examples(id: string): Promise<readonly Example[]>;
  /** The numbers of an action's versions, oldest first. @throws `action_unknown`. */
  versions(id: string): Promise<number[]>;
  /** Actions with their latest versions, by id. @param archived whether those are among them. */
  list(options?: { readonly archived?: boolean }): Promise<ActionListed[]>;
  /**
   * Nothing new is enqueued for it, within a second everywhere; its limits go once nothing waits under them.
   * What waits is sent, dead letters can be replayed, and its versions stay. @throws `action_unknown`.
   */
  archive(id: string): Promise<Switched>;
  /** Opens an archived action again, as it was. @throws `action_unknown`. */
  restore(id: string): Promise<Switched>;
  isArchived(id: string): Promise<boolean>;
}

export function createActionStore(
  store: Store,
  announce: AnnounceLimits,
  snippets: SnippetStore,
  sealer: Sealer,
): ActionStore {
  const { read, show } = createSavedVersions(store);

  return {
    apply: (document, { ifLatest } = {}) =>
      applyAction(document, ifLatest, { store, announce, snippets, sealer }),
    get: show,
    async open(ref) {
      const { stored, ...version } = await read(ref);
      const opened = openStoredAction(stored, sealer);
      if ("problem" in opened) throw new PostriderError("key_missing", `the action ${ref} ${opened.problem}`);
      return { ...version, action: parseStoredAction(opened.document) };
    },
    async examples(id) {
      const text = await asProducer(() => store.redis.hget(store.keys.action(id), "examples"));
      if (text === null) throw unknown(id);
      return parseExact(text) as readonly Example[];
    },
    versions: (id) => readVersions(store, id),
    async list({ archived = false } = {}) {
      return (await readLatest(store)).filter(({ archivedAt }) => archived || archivedAt === null);
    },
    async archive(id) {
      const isChanged = await archiveAction(store, id);
      if (isChanged === null) throw unknown(id);
      return { isChanged };
    },
    async restore(id) {
      const isChanged = await restoreAction(store, id);
      if (isChanged === null) throw unknown(id);
      const { action, ...version } = await show(id);
      await announce(action, version);
      return { isChanged };
    },
    isArchived: async (id) =>
      (await asProducer(() => store.redis.hexists(store.keys.action(id), "archivedAt"))) === 1,
  };
}

async function readVersions(store: Store, id: string): Promise<number[]> {
  const fields = await asProducer(() => store.redis.hkeys(store.keys.action(id)));
  if (fields.length === 0) throw unknown(id);
  return fields
    .filter((field) => /^\d+$/.test(field))
    .map(Number)
    .sort((a, b) => a - b);
}

async function readLatest(store: Store): Promise<ActionListed[]> {
  const ids = (await asProducer(() => store.redis.smembers(store.keys.actions()))).sort();
  const looks = ids.map((id) => ["hmget", store.keys.action(id), "latest", "archivedAt"]);
  const replies = await asProducer(async () =>
    readReplies((await store.redis.pipeline(looks).exec()) ?? null),
  );
  return ids.map((id, index) => {
    const [version, archivedAt] = replies[index] as (string | null)[];
    return { id, version: Number(version), archivedAt: toTime(archivedAt) };
  });
}

function unknown(id: string): PostriderError {
  return new PostriderError("action_unknown", `the action ${id} is not in the store`);
}
