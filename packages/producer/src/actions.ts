// The action store: immutable versions, in Redis.

import { createHash } from "node:crypto";
import { compileAction } from "@postrider/compose/compile";
import { findWarnings } from "@postrider/compose/warnings";
import {
  type Action,
  type ActionVersion,
  parseActionDocument,
  parseActionRef,
} from "@postrider/shared/action";
import { PostriderError, type Problem } from "@postrider/shared/errors";
import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import type { Example } from "@postrider/shared/example";
import { keys } from "@postrider/shared/lanes";
import { asProducer } from "@postrider/shared/redis";
import type { Redis } from "ioredis";
import type { SnippetStore } from "./snippets.ts";

export interface SavedAction extends ActionVersion {
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
   * Saves a document, with what it uses of the store's snippets, as a new version, unless the latest one has the same content. Its
   * examples are kept beside the versions, and make none. @throws `action_invalid`.
   */
  apply(document: unknown): Promise<Applied>;
  /** The version that `id` (then the latest) or `id@version` names. @throws `action_unknown`. */
  get(ref: string): Promise<SavedAction>;
  /** The examples of an action's latest document. @throws `action_unknown`. */
  examples(id: string): Promise<readonly Example[]>;
  /** All actions with their latest versions, by id. */
  list(): Promise<ActionVersion[]>;
}

/**
 * Input: KEYS action, actions; ARGV id, digest, document, examples. Output: {version, 1 if new}.
 */
const APPLY = `
redis.call("HSET", KEYS[1], "examples", ARGV[4])
local latest = redis.call("HMGET", KEYS[1], "latest", "digest")
if latest[2] == ARGV[2] then return {tonumber(latest[1]), 0} end
local version = (tonumber(latest[1] or "0") or 0) + 1
redis.call("HSET", KEYS[1], version, ARGV[3], "latest", version, "digest", ARGV[2])
redis.call("SADD", KEYS[2], ARGV[1])
return {version, 1}
`;

export function createActionStore(redis: Redis, snippets: SnippetStore): ActionStore {
  return {
    async apply(document) {
      const { action: given, examples } = parseActionDocument(document);
      const action = await snippets.addTo(given);
      const warnings = findWarnings(compileAction(action));
      const text = JSON.stringify(action);
      const digest = createHash("sha256").update(text).digest("base64url");
      const reply = await asProducer(() =>
        redis.eval(
          APPLY,
          2,
          keys.action(action.id),
          keys.actions(),
          action.id,
          digest,
          text,
          stringifyExact(examples),
        ),
      );
      const [version = 0, isNew] = reply as number[];
      return { id: action.id, version, isNew: isNew === 1, warnings };
    },
    async get(ref) {
      const parsed = parseActionRef(ref);
      if (parsed === null)
        throw new PostriderError(
          "action_unknown",
          `"${ref}" is no action: it must look like my-action or my-action@3`,
        );
      const version =
        parsed.version ?? Number(await asProducer(() => redis.hget(keys.action(parsed.id), "latest")));
      const document =
        version > 0 ? await asProducer(() => redis.hget(keys.action(parsed.id), String(version))) : null;
      if (document === null)
        throw new PostriderError(
          "action_unknown",
          `the action ${ref} is not in the store; save it with actions apply`,
        );
      return { id: parsed.id, version, action: JSON.parse(document) as Action };
    },
    async examples(id) {
      const text = await asProducer(() => redis.hget(keys.action(id), "examples"));
      if (text === null) throw new PostriderError("action_unknown", `the action ${id} is not in the store`);
      return parseExact(text) as readonly Example[];
    },
    async list() {
      const ids = (await asProducer(() => redis.smembers(keys.actions()))).sort();
      const replies =
        (await asProducer(() =>
          redis.pipeline(ids.map((id) => ["hget", keys.action(id), "latest"])).exec(),
        )) ?? [];
      return ids.map((id, index) => ({ id, version: Number(replies[index]?.[1]) }));
    },
  };
}
