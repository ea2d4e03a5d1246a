// Every setting, once: name, unit, default and description. docs/settings.md is generated from here. Only main files
// read the environment; everything else is handed what it needs.

import { z } from "zod";
import { describeProblems, PostriderError, type Problem } from "./errors.ts";
import { DEFAULT_LANES, isLaneName } from "./lanes.ts";

const PREFIX = "POSTRIDER_";
const HOUR_MS = 3_600_000;

function integer(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, error)
    .transform(Number)
    .pipe(z.number().min(min, error).max(max, error));
}

function lanes(text: string, context: z.RefinementCtx): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const wrong = names.find((name) => !isLaneName(name));
  if (names.length === 0) context.addIssue("names no lane");
  if (wrong !== undefined) context.addIssue(`"${wrong}" is no lane name (a-z, 0-9, underscore, hyphen)`);
  return [...new Set(names)];
}

export const settingsSchema = z.object({
  redisUrl: z
    .string()
    .refine(
      (url) => /^redis\+sentinel:\/\/./.test(url) || (/^(rediss?|unix):\/\//.test(url) && URL.canParse(url)),
      "must be a URL such as redis://127.0.0.1:6379, rediss://user:password@host:6380/0 or redis+sentinel://host:26379,host:26379/name",
    )
    .default("redis://127.0.0.1:6379")
    .describe(
      "Redis that holds the lanes; `redis+sentinel://host:port,host:port/name` asks Sentinels for it. Must not evict (`maxmemory-policy noeviction`).",
    ),
  concurrency: integer(1, 5_000)
    .default(100)
    .describe("Deliveries in flight at once, per lane and worker process."),
  lanes: z
    .string()
    .transform(lanes)
    .prefault(DEFAULT_LANES.join(","))
    .describe("Shared lanes that a worker serves, separated by commas."),
  ownLanesMax: integer(1, 10_000)
    .default(256)
    .describe(
      "Own lanes (of a destination, a run, a storm of retries) that one worker process serves at once; more are shared out between the processes. Costs a Redis connection each.",
    ),
  inFlightMax: integer(1, 50_000)
    .default(2_000)
    .describe("Deliveries in flight at once in all own lanes of a worker process; each lane gets its part."),
  circuitFailurePercent: integer(1, 100)
    .default(50)
    .describe("Failing share of a destination's attempts at which its circuit opens."),
  circuitAttemptsMin: integer(1, 1_000_000)
    .default(20)
    .describe("Attempts within the window below which the share says nothing."),
  circuitWindowMs: integer(1_000, 600_000)
    .default(60_000)
    .describe("The moving window in which a destination's attempts are counted."),
  circuitPauseMs: integer(100, 3_600_000)
    .default(5_000)
    .describe("How long an open circuit waits before its first probe; twice as long after each failed one."),
  circuitPauseMaxMs: integer(100, 86_400_000)
    .default(600_000)
    .describe("The longest wait between two probes."),
  metricsPort: integer(0, 65_535)
    .default(9464)
    .describe("Port of /metrics, /healthz and /readyz of a worker; 0 takes any free one."),
  metricsHost: z.string().default("0.0.0.0").describe("Address that the metrics port is bound to."),
  logLevel: z
    .enum(["debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("`info` has one line per attempt."),
  logFormat: z
    .enum(["auto", "json", "pretty"])
    .default("auto")
    .describe("`auto`: pretty on a terminal, JSON elsewhere."),
  shutdownGraceMs: integer(0, 600_000)
    .default(25_000)
    .describe(
      "How long a worker that was told to stop lets attempts in flight end; then it hands them back.",
    ),
  lockMs: integer(1_000, 600_000)
    .default(30_000)
    .describe(
      "How long a claim holds without renewal; a killed worker's deliveries are taken up by others after it.",
    ),
  stalledCheckMs: integer(500, 600_000)
    .default(15_000)
    .describe("How often a worker looks for claims that ran out."),
  idempotencyWindowMs: integer(60_000, 30 * 24 * HOUR_MS)
    .default(24 * HOUR_MS)
    .describe(
      "How long an ended delivery's id is remembered: enqueued again, it is a duplicate. Costs some 150 bytes of Redis each.",
    ),
  deadLettersMax: integer(0, 100_000_000)
    .default(1_000_000)
    .describe("Dead letters kept per lane; beyond it the oldest go."),
  deadLettersAgeMs: integer(1_000, 365 * 24 * HOUR_MS)
    .default(14 * 24 * HOUR_MS)
    .describe("How long dead letters are kept."),
  backlogMax: integer(1, 100_000_000)
    .default(1_000_000)
    .describe(
      "Deliveries in a lane, due or due later, above which a producer pauses. A run with `sendAt` that is larger waits for that time.",
    ),
  connectionsPerDestination: integer(1, 10_000)
    .default(100)
    .describe("Sockets that one worker process holds to one destination."),
  destinationsMax: integer(1, 100_000)
    .default(256)
    .describe("Destinations that one worker process keeps sockets to."),
  replyBytesMax: integer(0, 10_485_760)
    .default(65_536)
    .describe("Bytes of a reply's body that are kept; the rest is cut."),
  actionsCached: integer(1, 100_000)
    .default(1_000)
    .describe("Compiled action versions that one worker process keeps."),
});

export type Settings = z.output<typeof settingsSchema>;

/** `redisUrl` → `POSTRIDER_REDIS_URL`. */
export function toEnvironmentName(setting: string): string {
  return PREFIX + setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/**
 * Settings from environment variables.
 * @throws PostriderError `settings_invalid` with every problem at once; unknown POSTRIDER_ names are problems.
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
      problems.push({ field: name, message: `is no setting${nearest(name, [...names.keys()])}` });
    else given[setting] = value;
  }
  const parsed = settingsSchema.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) {
    problems.push({ field: toEnvironmentName(String(issue.path[0])), message: issue.message });
  }
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new PostriderError("settings_invalid", `the settings are not valid:\n${describeProblems(problems)}`, {
    problems,
  });
}

function nearest(name: string, known: readonly string[]): string {
  const best = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return best !== undefined && best.distance <= 4
    ? `; did you mean ${best.candidate}?`
    : "; docs/settings.md lists them";
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
