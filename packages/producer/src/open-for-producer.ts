// What a producer is opened with: its shards, and its keys.

import { asProducer, toProducerOptions } from "@postrider/redis/connect";
import { type OpenShards, openShards } from "@postrider/redis/open-shards";
import type { RedisFiles } from "@postrider/redis/redis-tls";
import { toServers } from "@postrider/redis/servers";
import { invalidField } from "@postrider/shared/errors";
import { parseSecretKeys, type SecretKeys } from "@postrider/shared/seal";
import { readSettings } from "@postrider/shared/settings/read-settings";

/** How Redis is spoken to, as the settings of these names have it. */
export interface RedisAccess extends RedisFiles {
  /** How long a producer waits for an answer before it says `redis_unavailable`. */
  readonly redisWaitMs?: number;
}

/** Where the shards are. */
interface Places extends RedisAccess {
  readonly redis: string;
  readonly servers?: readonly string[];
  readonly shards?: number;
  readonly keyPrefix?: string;
}

/** @throws what opening the shards throws, as a producer tells it. */
export function openForProducer(places: Places): Promise<OpenShards> {
  const { redis, servers = redis, shards: count = 1 } = places;
  const { keyPrefix, redisWaitMs } = { ...readSettings({}), ...places };
  return asProducer(() =>
    openShards({
      keyPrefix,
      servers: toServers(servers, toProducerOptions({ redisWaitMs }), places),
      count,
    }),
  );
}

export function toKeys(given: string | SecretKeys): SecretKeys {
  if (typeof given !== "string") return given;
  const keys = parseSecretKeys(given);
  if (!("problem" in keys)) return keys;
  throw invalidField("settings_invalid", "secretKeys", keys.problem);
}
