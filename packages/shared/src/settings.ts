// Every setting, once: name, unit, default and description. docs/settings.md is generated from here. Only main files
// read the environment; everything else is handed what it needs.

import { z } from "zod";
import { egressListSetting } from "./egress.ts";
import { DEFAULT_LANES, isLaneName } from "./lanes.ts";
import { parseAddress } from "./network.ts";
import { isRedisUrl, REDIS_URL_RULE } from "./redis-url.ts";
import { parseSecretKeys, type SecretKeys } from "./seal.ts";

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

function secretKeys(text: string, context: z.RefinementCtx): SecretKeys {
  const keys = parseSecretKeys(text);
  if (!("problem" in keys)) return keys;
  context.addIssue(keys.problem);
  return z.NEVER;
}

function yesOrNo(byDefault: "true" | "false") {
  return z
    .enum(["true", "false"], "must be true or false")
    .default(byDefault)
    .transform((text) => text === "true");
}

/** Name servers as node:dns takes them: an address, and a port where it is not 53. */
function nameServers(text: string, context: z.RefinementCtx): string[] {
  const servers = text.split(",").map((server) => server.trim());
  for (const server of servers) {
    const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+)(?::\d+)?)$/.exec(server) ?? [];
    if (parseAddress(bracketed ?? plain ?? server) === null)
      context.addIssue(`"${server}" is no name server, such as 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:53`);
  }
  return servers;
}

function isProxyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, username, password } = new URL(text);
  return (
    /^https?:$/.test(protocol) && pathname === "/" && search === "" && isPercentEncoded(username + password)
  );
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    // A percent sign that is meant as one must be written %25.
    return false;
  }
}

export const settingsSchema = z.object({
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
  lockMs: integer(2_000, 600_000)
    .default(30_000)
    .describe(
      "How long a claim holds without renewal; a killed worker's deliveries are taken up by others after it. It is renewed at half of that while an attempt runs, so attempts may take longer; a worker that is held up for longer than the other half has its deliveries sent twice.",
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
      "Deliveries in a lane, due or due later, above which a producer pauses. A run with `sendAt` that is larger waits for that time; a held run is refused what goes beyond.",
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
  allowNetworks: egressListSetting("networks", []).describe(
    "Networks (CIDR, separated by commas) that may be reached although they are not public. Metadata services and Postrider's own ports stay refused.",
  ),
  denyNetworks: egressListSetting("networks", []).describe(
    "Networks (CIDR) that are not reached, whatever else allows them.",
  ),
  allowHosts: egressListSetting("hosts", undefined).describe(
    "The only hosts that are reached, such as `api.example.com,*.example.org`; none given: any host.",
  ),
  allowPorts: egressListSetting("ports", undefined).describe(
    "The only ports that are reached, such as `443,8000-8999`; none given: all where no other protocol than HTTP is spoken.",
  ),
  httpsOnly: yesOrNo("false").describe("`true`: http is not sent."),
  dnsServers: z
    .string()
    .transform(nameServers)
    .optional()
    .describe(
      "Name servers (addresses, separated by commas) that are asked instead of the system's resolver; without hosts file and search domains.",
    ),
  egressProxy: z
    .string()
    .refine(
      isProxyUrl,
      "must be a URL such as http://user:password@proxy.example.com:3128, with special characters percent-encoded",
    )
    .optional()
    .describe("Proxy through which everything is sent (HTTP CONNECT): `http://user:password@host:port`."),
  egressProxyResolves: yesOrNo("false").describe(
    "`true`: the proxy is handed names and must refuse private addresses itself, as Smokescreen does; `false`: it is handed addresses that the guard has checked.",
  ),
  tlsFile: z
    .string()
    .optional()
    .describe(
      'JSON file of CA bundles and client certificates, `{"destinations": {"https://host": {"ca", "cert", "key"}}}`, with paths beside it, or `{{ secrets.NAME }}` for what lies in the secret store. Changes are taken up within 10 s.',
    ),
  actionsCached: integer(1, 100_000)
    .default(1_000)
    .describe("Compiled action versions that one worker process keeps."),
});

export type Settings = z.output<typeof settingsSchema>;
