// The keys under which everything that a test file starts keeps things.

import { createShardKeys, createStoreKeys, type ShardKeys, type StoreKeys } from "@postrider/redis/keys";
import { createShard, createStore, type Shard, type Store } from "@postrider/redis/shard";
import type { Redis } from "ioredis";
import { followPrefix, keyPrefix } from "./key-prefix.ts";

export let shardKeys: ShardKeys;
export let storeKeys: StoreKeys;

followPrefix((prefix) => {
  shardKeys = createShardKeys(prefix, "0");
  storeKeys = createStoreKeys(prefix);
});

export function toShard(redis: Redis): Shard {
  return createShard(redis, keyPrefix);
}

export function toStore(redis: Redis): Store {
  return createStore(redis, keyPrefix);
}
