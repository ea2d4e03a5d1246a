// The action store: immutable versions, in Redis.

import { createHash } from "node:crypto";
import { compileAction } from "@postrider/compose/compile";
import { type Action, type ActionVersion, parseAction, parseActionRef } from "@postrider/shared/action";
import { PostriderError } from "@postrider/shared/errors";
import { keys } from "@postrider/shared/lanes";
import { asProducer } from "@postrider/shared/redis";
import type { Redis } from "ioredis";

export interface SavedAction extends ActionVersion {
  readonly action: Action;
}

export interface Applied extends ActionVersion {
  /** False: the same content was saved already, and no new version was made. */
  readonly isNew: boolean;
}

export interface ActionStore {
  /** Saves a document as a new version, unless the latest one has the same content. @throws `action_invalid`. */
  apply(document: unknown): Promise<Applied>;
  /** The version that `id` (then the latest) or `id@version` names. @throws `action_unknown`. */
  get(ref: string): Promise<SavedAction>;
  /** All actions with their latest versions, by id. */
  list(): Promise<ActionVersion[]>;
}

/**
 * Input: KEYS action, actions; ARGV id, digest, document. Output: {version, 1 if new}.
 */
const APPLY = `
local latest = redis.call("HMGET", KEYS[1], "latest", "digest")
if latest[2] == ARGV[2] then return {tonumber(latest[1]), 0} end
local version = (tonumber(latest[1] or "0") or 0) + 1
redis.call("HSET", KEYS[1], version, ARGV[3], "latest", version, "digest", ARGV[2])
redis.call("SADD", KEYS[2], ARGV[1])
return {version, 1}
`;

export function createActionStore(redis: Redis): ActionStore {
  return {
    async apply(document) {
      const action = parseAction(document);
      compileAction(action);
      const text = JSON.stringify(action);
      const digest = createHash("sha256").update(text).digest("base64url");
      const reply = await asProducer(() =>
        redis.eval(APPLY, 2, keys.action(action.id), keys.actions(), action.id, digest, text),
      );
      const [version = 0, isNew] = reply as number[];
      return { id: action.id, version, isNew: isNew === 1 };
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
