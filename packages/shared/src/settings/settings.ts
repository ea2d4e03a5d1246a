// Every setting, once: name, unit, default and description, in parts by role. docs/settings.md is generated
// from here. Only main files read the environment; everything else is handed what it needs.

import { z } from "zod";
import { apiSettings } from "./api.ts";
import { clientSettings } from "./client.ts";
import { egressSettings } from "./egress.ts";
import { logSettings } from "./log.ts";
import { producerSettings } from "./producer.ts";
import { redisSettings } from "./redis.ts";
import { tracingSettings } from "./tracing.ts";
import { workerSettings } from "./worker.ts";

/** The settings by whom they concern, in the order in which people are shown them. */
export const SETTINGS_BY_ROLE = {
  Redis: redisSettings,
  Producers: producerSettings,
  Workers: workerSettings,
  Egress: egressSettings,
  API: apiSettings,
  "Command line over HTTP": clientSettings,
  Logging: logSettings,
  Traces: tracingSettings,
} as const;

export const settingsSchema = z.object({
  ...redisSettings,
  ...producerSettings,
  ...workerSettings,
  ...egressSettings,
  ...apiSettings,
  ...clientSettings,
  ...logSettings,
  ...tracingSettings,
});

export type Settings = z.output<typeof settingsSchema>;
