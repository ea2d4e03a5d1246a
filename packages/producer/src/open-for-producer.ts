// What a producer is opened with: its shards, and its keys.

import { asProducer, connectRedis, producerOptions } from "@postrider/redis/connect";
import { type OpenShards, openShards } from "@postrider/redis/open-shards";
import { invalidField } from "@postrider/shared/errors";
import { parseSecretKeys, type SecretKeys } from "@postrider/shared/seal";
import { readSettings } from "@postrider/shared/settings/read-settings";

/** Where the shards are. */
export interface Places {
  readonly redis: string;
  readonly servers?: readonly string[];
  readonly shards?: number;
  readonly keyPrefix?: string;
}

/** @throws what opening the shards throws, as a producer tells it. */
export function openForProducer({
  redis,
  servers = [redis],
  shards: count = 1,
  keyPrefix,
}: Places): Promise<OpenShards> {
  return asProducer(() =>
    openShards({
      keyPrefix: keyPrefix ?? readSettings({}).keyPrefix,
      servers: servers.map((url) => () => connectRedis(url, producerOptions)),
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
