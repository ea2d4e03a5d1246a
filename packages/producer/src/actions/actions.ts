// The action store: immutable versions, in Redis.

import { createHash } from "node:crypto";
import { compileAction } from "@postrider/compose/compile";
import { findWarnings } from "@postrider/compose/warnings";
import { asProducer } from "@postrider/redis/connect";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Store } from "@postrider/redis/shard";
import type { Action } from "@postrider/shared/action";
import { type ActionVersion, parseActionRef } from "@postrider/shared/action-ref";
import { PostriderError, type Problem } from "@postrider/shared/errors";
import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import type { Example } from "@postrider/shared/example";
import { ownLaneName } from "@postrider/shared/lanes";
import { bringsLimits, withActionLimits } from "@postrider/shared/own-lane";
import { parseActionDocument, parseStoredAction } from "@postrider/shared/parse-action";
import type { Sealer } from "@postrider/shared/seal";
import { openStoredAction, toShownAction, toStoredAction } from "@postrider/shared/stored-action";
import type { SnippetStore } from "../snippets/snippets.ts";
import { findOrigin } from "./origin.ts";

export interface SavedAction extends ActionVersion {
  /** Credentials that are written into it are masked. */
  readonly action: Action;
}

export interface Applied extends ActionVersion {
  /** False: the same content was saved already, and no new version was made. */
  readonly isNew: boolean;
  /** What will surprise, although it was saved. */
  readonly warnings: readonly Problem[];
}

export interface ActionStore {
  /**
   * Saves a document, with what it uses of the store's snippets, as a new version, unless the latest one has
   * the same content. Its examples are kept beside the versions, and make none.
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
  /** All actions with their latest versions, by id. */
  list(): Promise<ActionVersion[]>;
}

/**
 * Input: KEYS action, actions; ARGV id, digest, document, examples, the version that must be the latest or
 * nothing. Output: {version, 1 if new}; {-1} where another is the latest.
 */
const APPLY = `
if ARGV[5] ~= "" and (redis.call("HGET", KEYS[1], "latest") or "0") ~= ARGV[5] then return {-1} end
redis.call("HSET", KEYS[1], "examples", ARGV[4])
local latest = redis.call("HMGET", KEYS[1], "latest", "digest")
if latest[2] == ARGV[2] then return {tonumber(latest[1]), 0} end
local version = (tonumber(latest[1] or "0") or 0) + 1
redis.call("HSET", KEYS[1], version, ARGV[3], "latest", version, "digest", ARGV[2])
redis.call("SADD", KEYS[2], ARGV[1])
return {version, 1}
`;

export function createActionStore(
  store: Store,
  directory: LaneDirectory,
  snippets: SnippetStore,
  sealer: Sealer,
): ActionStore {
  const read = async (ref: string): Promise<ActionVersion & { stored: string }> => {
    const parsed = parseActionRef(ref);
    if (parsed === null)
      throw new PostriderError(
        "action_unknown",
        `"${ref}" is no action: it must look like my-action or my-action@3`,
      );
    const { id } = parsed;
    const version =
      parsed.version ?? Number(await asProducer(() => store.redis.hget(store.keys.action(id), "latest")));
    const stored =
      version > 0 ? await asProducer(() => store.redis.hget(store.keys.action(id), String(version))) : null;
    if (stored === null)
      throw new PostriderError(
        "action_unknown",
        `the action ${ref} is not in the store; save it with actions apply`,
      );
    return { id, version, stored };
  };

  return {
    async apply(document, { ifLatest } = {}) {
      const { action: given, examples } = parseActionDocument(document);
      const action = await snippets.addTo(given);
      const warnings = findWarnings(compileAction(action));
      const stored = toStoredAction(action, sealer);
      const same = await findSame(store, action, sealer);
      if (same !== null) {
        if (ifLatest !== undefined && ifLatest !== same.version) throw changed(action.id, ifLatest);
        await asProducer(() =>
          store.redis.hset(store.keys.action(action.id), "examples", stringifyExact(examples)),
        );
        await asProducer(() => announceLimits(directory, action, same));
        return { ...same, isNew: false, warnings };
      }
      const digest = createHash("sha256").update(stored).digest("base64url");
      const reply = await asProducer(() =>
        store.redis.eval(
          APPLY,
          2,
          store.keys.action(action.id),
          store.keys.actions(),
          action.id,
          digest,
          stored,
          stringifyExact(examples),
          ifLatest === undefined ? "" : String(ifLatest),
        ),
      );
      const [version = 0, isNew] = reply as number[];
      if (version < 0) throw changed(action.id, ifLatest);
      await asProducer(() => announceLimits(directory, action, { id: action.id, version }));
      return { id: action.id, version, isNew: isNew === 1, warnings };
    },
    async get(ref) {
      const { stored, ...version } = await read(ref);
      return { ...version, action: toShownAction(stored) };
    },
    async open(ref) {
      const { stored, ...version } = await read(ref);
      const opened = openStoredAction(stored, sealer);
      if ("problem" in opened) throw new PostriderError("key_missing", `the action ${ref} ${opened.problem}`);
      return { ...version, action: parseStoredAction(opened.document) };
    },
    async examples(id) {
      const text = await asProducer(() => store.redis.hget(store.keys.action(id), "examples"));
      if (text === null) throw new PostriderError("action_unknown", `the action ${id} is not in the store`);
      return parseExact(text) as readonly Example[];
    },
    versions: (id) => readVersions(store, id),
    list: () => readLatest(store),
  };
}

async function readVersions(store: Store, id: string): Promise<number[]> {
  const fields = await asProducer(() => store.redis.hkeys(store.keys.action(id)));
  if (fields.length === 0) throw new PostriderError("action_unknown", `the action ${id} is not in the store`);
  return fields
    .filter((field) => /^\d+$/.test(field))
    .map(Number)
    .sort((a, b) => a - b);
}

async function readLatest(store: Store): Promise<ActionVersion[]> {
  const ids = (await asProducer(() => store.redis.smembers(store.keys.actions()))).sort();
  const replies =
    (await asProducer(() =>
      store.redis.pipeline(ids.map((id) => ["hget", store.keys.action(id), "latest"])).exec(),
    )) ?? [];
  return ids.map((id, index) => ({ id, version: Number(replies[index]?.[1]) }));
}

function changed(id: string, ifLatest: number | undefined): PostriderError {
  return new PostriderError(
    "precondition_failed",
    ifLatest === 0
      ? `the action ${id} is there already`
      : `version ${ifLatest} of ${id} is not the latest one`,
  );
}

/**
 * Tells the lane of the destination at once, where the text names it, so that no delivery is sent before its
 * limits are known. All else the workers find out with the first delivery of the version.
 */
async function announceLimits(
  directory: LaneDirectory,
  { url, limits }: Action,
  version: ActionVersion,
): Promise<void> {
  const origin = findOrigin(url);
  if (origin === null) return;
  const lane = ownLaneName("destination", origin);
  await directory.update(lane, (entry) =>
    bringsLimits(entry, version, limits, directory.now())
      ? withActionLimits(
          entry ?? { lane, kind: "destination", of: origin, createdAt: directory.now() },
          version,
          limits,
          directory.now(),
        )
      : undefined,
  );
}

/**
 * The latest version, where it says the same; what is sealed differs each time, so that its digest cannot
 * tell.
 */
async function findSame(store: Store, action: Action, sealer: Sealer): Promise<ActionVersion | null> {
  const key = store.keys.action(action.id);
  const latest = await asProducer(() => store.redis.hget(key, "latest"));
  const stored = latest === null ? null : await asProducer(() => store.redis.hget(key, latest));
  if (latest === null || stored === null) return null;
  const opened = openStoredAction(stored, sealer);
  if ("problem" in opened || JSON.stringify(opened.document) !== JSON.stringify(action)) return null;
  return { id: action.id, version: Number(latest) };
}
