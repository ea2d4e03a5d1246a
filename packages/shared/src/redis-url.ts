// The URLs that name Redis or its Sentinels: which are good, what stands in them, and how they are shown.
// Pure.

export const SENTINEL_SCHEME = "redis+sentinel:";
const SENTINEL_PORT = 26_379;

/** What a Redis URL must look like. */
export const REDIS_URL_RULE =
  "must be a URL such as redis://127.0.0.1:6379, rediss://user:password@host:6380/0 or redis+sentinel://host:26379,host:26379/name, with special characters of user and password percent-encoded";

export interface RedisPlace {
  /** A name or an address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

interface SentinelUrl {
  readonly username: string;
  readonly password: string;
  readonly sentinels: readonly RedisPlace[];
  /** Under which the Sentinels know Redis. */
  readonly name: string;
  readonly database: number | null;
}

const PLACE = String.raw`(?:\[[\da-fA-F:.]+\]|[^\s/@:,[\]]+)(?::\d{1,5})?`;
/** `redis+sentinel://user:password@host:port,host:port/name/database` */
const SENTINEL_URL = new RegExp(
  String.raw`^redis\+sentinel://(?:([^@/:]*)(?::([^@/]*))?@)?(${PLACE}(?:,${PLACE})*)(?:/([^/?@]+))?(?:/(\d+))?$`,
);

/** What a URL of Sentinels says; null where it is none, as with a password that is not percent-encoded. */
export function parseSentinelUrl(url: string): SentinelUrl | null {
  const match = SENTINEL_URL.exec(url);
  if (match === null) return null;
  const [, user = "", secret = "", hosts = "", name = "mymaster", database] = match;
  const username = decode(user);
  const password = decode(secret);
  if (username === null || password === null) return null;
  return {
    username,
    password,
    sentinels: hosts.split(",").map(toPlace),
    name,
    database: database === undefined ? null : Number(database),
  };
}

function toPlace(written: string): RedisPlace {
  const [, host = written, port] = /^(.*?)(?::(\d+))?$/.exec(written) ?? [];
  return { host: withoutBrackets(host), port: Number(port ?? SENTINEL_PORT) };
}

export function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that is meant as one must be written %25.
    return null;
  }
}

export function isRedisUrl(url: string): boolean {
  if (url.startsWith(SENTINEL_SCHEME)) return parseSentinelUrl(url) !== null;
  return /^(rediss?|unix):\/\//.test(url) && URL.canParse(url);
}

/**
 * The URL without its password, for messages. A password may hold what ends one elsewhere, so all between the
 * first colon and the last @ is hidden; and so are options behind a "?", of which one may be a password.
 */
export function maskUrl(url: string): string {
  if (!url.startsWith(SENTINEL_SCHEME) && !URL.canParse(url)) return "(not a URL)";
  if (/\?.*@/s.test(url)) return url.replace(/(\/\/[^:?]*).*/s, "$1:***");
  return url.replace(/(\/\/[^:]*):.*@/s, "$1:***@").replace(/\?.*/s, "?***");
}
