// The two values through which everything that lies in Redis is reached: a shard holds the deliveries, the
// store what shards share. Each is made once and handed on; no key exists without one of them.

import { type RatePart, WHOLE } from "@postrider/shared/rate-part";
import type { RedisClient } from "./home-cluster.ts";
import { createShardKeys, createStoreKeys, type ShardKeys, type StoreKeys } from "./keys.ts";

/** One part of the deliveries, with all that is counted and decided about them. */
export interface Shard {
  readonly name: string;
  readonly redis: RedisClient;
  readonly keys: ShardKeys;
  /** Its even part of what all shards keep together, such as a destination's rate. */
  readonly part: () => RatePart;
}

/** Actions, snippets, secrets and tokens. */
export interface Store {
  readonly redis: RedisClient;
  readonly keys: StoreKeys;
}

/** The shard of an installation that has one. */
export const ONLY_SHARD = "0";

/** @param keyPrefix POSTRIDER_KEY_PREFIX. @param part asked often; all of it unless given. */
export function createShard(
  redis: RedisClient,
  keyPrefix: string,
  name: string = ONLY_SHARD,
  part: Shard["part"] = () => WHOLE,
): Shard {
  return { name, redis, keys: createShardKeys(keyPrefix, name), part };
}

/** @param keyPrefix POSTRIDER_KEY_PREFIX. */
export function createStore(redis: RedisClient, keyPrefix: string): Store {
  return { redis, keys: createStoreKeys(keyPrefix) };
}
