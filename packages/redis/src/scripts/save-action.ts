// SAVE: a document becomes an action's latest version, unless that says the same; one that was archived is
// back with it.

import { asProducer } from "../connect.ts";
import type { Store } from "../shard.ts";

/**
 * Input: KEYS action, actions, archived ones; ARGV id, digest, document, examples, the version that must be
 * the latest or nothing. Output: {version, 1 if new, 1 if it was archived}; {-1} where another is the latest.
 */
const SAVE = `
if ARGV[5] ~= "" and (redis.call("HGET", KEYS[1], "latest") or "0") ~= ARGV[5] then return {-1} end
redis.call("HSET", KEYS[1], "examples", ARGV[4])
local wasArchived = redis.call("HDEL", KEYS[1], "archivedAt")
redis.call("SREM", KEYS[3], ARGV[1])
local latest = redis.call("HMGET", KEYS[1], "latest", "digest")
if latest[2] == ARGV[2] then return {tonumber(latest[1]), 0, wasArchived} end
local version = (tonumber(latest[1] or "0") or 0) + 1
redis.call("HSET", KEYS[1], version, ARGV[3], "latest", version, "digest", ARGV[2])
redis.call("SADD", KEYS[2], ARGV[1])
return {version, 1, wasArchived}
`;

export interface NewVersion {
  readonly id: string;
  /** Tells whether two documents say the same. */
  readonly digest: string;
  readonly document: string;
  readonly examples: string;
  /** The version that must be the latest one, 0 for none at all; undefined: any. */
  readonly ifLatest: number | undefined;
}

/** Null where another version is the latest one. @throws as a producer's work does. */
export async function saveAction(
  { redis, keys }: Store,
  { id, digest, document, examples, ifLatest }: NewVersion,
): Promise<{ version: number; isNew: boolean; wasArchived: boolean } | null> {
  const names = [keys.action(id), keys.actions(), keys.archivedActions()];
  const values = [id, digest, document, examples, ifLatest === undefined ? "" : String(ifLatest)];
  const reply = await asProducer(() => redis.eval(SAVE, names.length, ...names, ...values));
  const [version = -1, isNew, wasArchived] = reply as number[];
  return version < 0 ? null : { version, isNew: isNew === 1, wasArchived: wasArchived === 1 };
}
