// The keys under which a process with the settings' own prefix keeps things.

import { createShardKeys, createStoreKeys } from "@postrider/redis/keys";
import { createShard, createStore, type Shard, type Store } from "@postrider/redis/shard";
import { readSettings } from "@postrider/shared/settings/read-settings";
import type { Redis } from "ioredis";

const { keyPrefix } = readSettings({});

export const shardKeys = createShardKeys(keyPrefix, "0");
export const storeKeys = createStoreKeys(keyPrefix);

export function toShard(redis: Redis): Shard {
  return createShard(redis, keyPrefix);
}

export function toStore(redis: Redis): Store {
  return createStore(redis, keyPrefix);
}
