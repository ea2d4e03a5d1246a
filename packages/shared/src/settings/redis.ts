// Settings: what lies in Redis: where that is, what its keys begin with, and what seals it. For every
// process.

import { z } from "zod";
import { isRedisUrl, REDIS_URL_RULE } from "../redis-url.ts";
import { parseSecretKeys, type SecretKeys } from "../seal.ts";
import { HOUR_MS, integer, yesOrNo } from "./parsers.ts";

function secretKeys(text: string, context: z.RefinementCtx): SecretKeys {
  const keys = parseSecretKeys(text);
  if (!("problem" in keys)) return keys;
  context.addIssue(keys.problem);
  return z.NEVER;
}

export const redisSettings = {
  redisUrl: z
    .string()
    .refine(isRedisUrl, REDIS_URL_RULE)
    .default("redis://127.0.0.1:6379")
    .describe(
      "Redis that holds the lanes; `redis+sentinel://host:port,host:port/name` asks Sentinels for it. Must not evict (`maxmemory-policy noeviction`).",
    ),
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
