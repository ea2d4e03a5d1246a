// Reading the settings: environment variables become values, or one error that names every problem.

import { describeProblems, PostriderError, type Problem } from "../errors.ts";
import { isTlsUrl, splitRedisUrls } from "../redis-url.ts";
import { suggest } from "../suggest.ts";
import { type Settings, settingsSchema } from "./settings.ts";

const PREFIX = "POSTRIDER_";

/** `redisUrl` → `POSTRIDER_REDIS_URL`. */
export function toEnvironmentName(setting: string): string {
  return PREFIX + setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/**
 * Settings from environment variables.
 * @throws PostriderError `settings_invalid` with every problem at once; unknown POSTRIDER_ names are
 * problems.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const names = new Map(
    Object.keys(settingsSchema.shape).map((setting) => [toEnvironmentName(setting), setting]),
  );
  const given: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || value === undefined || value === "") continue;
    const setting = names.get(name);
    if (setting === undefined)
      problems.push({ field: name, message: `is no setting${toHint(name, names.keys())}` });
    else given[setting] = value;
  }
  const parsed = settingsSchema.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) {
    problems.push({ field: toEnvironmentName(String(issue.path[0])), message: issue.message });
  }
  if (parsed.success) problems.push(...findConflicts(parsed.data));
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new PostriderError("settings_invalid", `the settings are not valid:\n${describeProblems(problems)}`, {
    problems,
  });
}

/** Settings that are good alone and not together. */
function findConflicts(settings: Settings): Problem[] {
  const { sealCustomers, secretKeys, apiTlsCert, apiTlsKey } = settings;
  const problems = findRedisConflicts(settings);
  if (sealCustomers && secretKeys.length === 0)
    problems.push({ field: "POSTRIDER_SEAL_CUSTOMERS", message: "needs POSTRIDER_SECRET_KEYS" });
  if (apiTlsCert !== "" && apiTlsKey === "")
    problems.push({ field: "POSTRIDER_API_TLS_CERT", message: "needs POSTRIDER_API_TLS_KEY" });
  if (apiTlsKey !== "" && apiTlsCert === "")
    problems.push({ field: "POSTRIDER_API_TLS_KEY", message: "needs POSTRIDER_API_TLS_CERT" });
  return problems;
}

function findRedisConflicts({ redisUrl, redisTlsCa, redisTlsCert, redisTlsKey }: Settings): Problem[] {
  const problems: Problem[] = [];
  if (redisTlsCert !== "" && redisTlsKey === "")
    problems.push({ field: "POSTRIDER_REDIS_TLS_CERT", message: "needs POSTRIDER_REDIS_TLS_KEY" });
  if (redisTlsKey !== "" && redisTlsCert === "")
    problems.push({ field: "POSTRIDER_REDIS_TLS_KEY", message: "needs POSTRIDER_REDIS_TLS_CERT" });
  // Whoever names an authority would be surprised to be sent in the clear.
  if (redisTlsCa + redisTlsCert !== "" && !splitRedisUrls(redisUrl).some(isTlsUrl))
    problems.push({
      field: "POSTRIDER_REDIS_URL",
      message: "must begin with rediss, as POSTRIDER_REDIS_TLS_ settings are given",
    });
  return problems;
}

function toHint(name: string, known: Iterable<string>): string {
  const meant = suggest(name, known);
  return meant === null ? "; docs/settings.md lists them" : `; did you mean ${meant}?`;
}
