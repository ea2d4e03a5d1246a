// Settings: what lies in Redis: where that is, what its keys begin with, and what seals it. For every
// process.

import { z } from "zod";
import { isRedisUrls, REDIS_URL_RULE } from "../redis-url.ts";
import { parseSecretKeys, type SecretKeys } from "../seal.ts";
import { HOUR_MS, integer, yesOrNo } from "./parsers.ts";

function secretKeys(text: string, context: z.RefinementCtx): SecretKeys {
  const keys = parseSecretKeys(text);
  if (!("problem" in keys)) return keys;
  context.addIssue(keys.problem);
  return z.NEVER;
}

function shardNames(text: string, context: z.RefinementCtx): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const wrong = names.find((name) => !/^\d{1,6}$/.test(name));
  if (wrong !== undefined) context.addIssue(`"${wrong}" is no shard's name, which are numbers such as 0,1`);
  return [...new Set(names)];
}

export const redisSettings = {
  redisUrl: z
    .string()
    .refine(isRedisUrls, REDIS_URL_RULE)
    .default("redis://127.0.0.1:6379")
    .describe(
      "Redis that holds the lanes (redis.md): one server; `redis+sentinel://host:port,host:port/name` asks Sentinels for it; `redis+cluster://host:port,host:port` is a Cluster; several URLs, parted by blanks, are the servers of the shards, the first of which holds the store. `rediss` instead of `redis` encrypts. Must not evict (`maxmemory-policy noeviction`). The same for all processes.",
    ),
  redisTlsCa: z
    .string()
    .default("")
    .describe("File with the authorities (PEM) that vouch for Redis; none: those that the system knows."),
  redisTlsCert: z
    .string()
    .default("")
    .describe("File with the certificate (PEM) that Postrider shows to Redis; none: it shows none."),
  redisTlsKey: z.string().default("").describe("File with that certificate's key (PEM)."),
  redisTlsServername: z
    .string()
    .default("")
    .describe(
      "Name that Redis' certificate must have, where it is not the host of the URL, as with a Cluster whose servers tell each other's addresses.",
    ),
  redisWaitMs: integer(100, 600_000)
    .default(10_000)
    .describe(
      "How long a producer, the API and the command line wait for an answer of Redis, a Cluster's failover included; then they say `redis_unavailable`. Workers wait as long as it takes.",
    ),
  shards: integer(1, 1_000)
    .default(1)
    .describe(
      "Shards of a new installation (redis.md); from then on the number stands in the store. The same for producers and workers.",
    ),
  serveShards: z
    .string()
    .transform(shardNames)
    .prefault("")
    .describe("Names of the shards that a worker serves, separated by commas; all unless set."),
  keyPrefix: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9_-]{0,49}$/,
      "must be a-z, 0-9, underscore and hyphen, and begin with a letter or digit",
    )
    .default("postrider")
    .describe(
      "What all keys in Redis begin with, so that several installations can share one. The same for producers and workers.",
    ),
  customersKeptMs: integer(0, 365 * 24 * HOUR_MS)
    .default(24 * HOUR_MS)
    .describe(
      "How long ended deliveries are found by their customer (`customers show`), as far as POSTRIDER_OUTCOMES_KEPT reaches. Costs some 20 bytes of Redis each, and 40 while one waits; 0 keeps no index of customers. The same for producers and workers.",
    ),
  rollUpsMinutesKeptMs: integer(0, 7 * 24 * HOUR_MS)
    .default(6 * HOUR_MS)
    .describe(
      "How long what was counted minute by minute is kept for charts (charts.md); 0: nothing is counted for charts, by minutes or hours. The same for producers and workers.",
    ),
  rollUpsHoursKeptMs: integer(0, 365 * 24 * HOUR_MS)
    .default(28 * 24 * HOUR_MS)
    .describe("How long what was counted hour by hour is kept; 0: there are no hours."),
  rollUpsNamesMax: integer(1, 1_000)
    .default(100)
    .describe(
      "Actions, destinations, reasons, lanes and runs that charts tell apart within one minute or hour, so many of each; what goes beyond is counted together.",
    ),
  secretKeys: z
    .string()
    .transform(secretKeys)
    .prefault("")
    .describe(
      "Keys that seal secrets in Redis: `k1:BASE64,k2:BASE64`, 32 random bytes each. The first one seals, all open. Never shown.",
    ),
  sealCustomers: yesOrNo("false").describe(
    "`true`: producers seal customers, events and values in Redis, under the same keys.",
  ),
};
