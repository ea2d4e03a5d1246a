// The keys under which everything that a test file starts keeps things.

import { createShardKeys, createStoreKeys } from "@postrider/redis/keys";
import { createShard, createStore, type Shard, type Store } from "@postrider/redis/shard";
import type { Redis } from "ioredis";
import { keyPrefix } from "./key-prefix.ts";

export const shardKeys = createShardKeys(keyPrefix, "0");
export const storeKeys = createStoreKeys(keyPrefix);

export function toShard(redis: Redis): Shard {
  return createShard(redis, keyPrefix);
}

export function toStore(redis: Redis): Store {
  return createStore(redis, keyPrefix);
}
