// The URLs that name Redis, its Sentinels or the servers of a Cluster: which are good, what stands in them,
// and how they are shown. Pure.

const REDIS_PORT = 6_379;
const SENTINEL_PORT = 26_379;

/** What a Redis URL must look like. */
export const REDIS_URL_RULE =
  "must be a URL such as redis://127.0.0.1:6379, rediss://user:password@host:6380/0, redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379 (or several, parted by blanks), with special characters of user and password percent-encoded";

export interface RedisPlace {
  /** A name or an address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

interface Login {
  /** Whether the connection is encrypted, to Sentinels as well. */
  readonly isTls: boolean;
  readonly username: string;
  readonly password: string;
}

export interface SentinelUrl extends Login {
  readonly sentinels: readonly RedisPlace[];
  /** Under which the Sentinels know Redis. */
  readonly name: string;
  readonly database: number | null;
}

export interface ClusterUrl extends Login {
  /** Some of its servers, which know the others. */
  readonly nodes: readonly RedisPlace[];
}

const LOGIN = "(?:([^@/:]*)(?::([^@/]*))?@)?";
const PLACE = String.raw`(?:\[[\da-fA-F:.]+\]|[^\s/@:,[\]]+)(?::\d{1,5})?`;
const PLACES = `(${PLACE}(?:,${PLACE})*)`;
/** `redis+sentinel://user:password@host:port,host:port/name/database` */
const SENTINEL_URL = new RegExp(
  String.raw`^redis(s?)\+sentinel://${LOGIN}${PLACES}(?:/([^/?@]+))?(?:/(\d+))?$`,
);
/** `redis+cluster://user:password@host:port,host:port` */
const CLUSTER_URL = new RegExp(String.raw`^redis(s?)\+cluster://${LOGIN}${PLACES}/?$`);
const ASKED = /^rediss?\+(?:sentinel|cluster):\/\//;

/**
 * Where Redis is, is not said by the URL but by those that it names: Sentinels, or a Cluster's servers.
 */
export function isAskedFor(url: string): boolean {
  return ASKED.test(url);
}

/** Whether all that is sent to Redis is encrypted. */
export function isTlsUrl(url: string): boolean {
  return url.startsWith("rediss");
}

/** What a URL of Sentinels says; null where it is none, as with a password that is not percent-encoded. */
export function parseSentinelUrl(url: string): SentinelUrl | null {
  const match = SENTINEL_URL.exec(url);
  if (match === null) return null;
  const [, tls, user, secret, hosts = "", name = "mymaster", database] = match;
  const login = toLogin(tls, user, secret);
  return login === null
    ? null
    : {
        ...login,
        sentinels: toPlaces(hosts, SENTINEL_PORT),
        name,
        database: database === undefined ? null : Number(database),
      };
}

/** What a URL of a Cluster says; null where it is none. A Cluster has one database. */
export function parseClusterUrl(url: string): ClusterUrl | null {
  const match = CLUSTER_URL.exec(url);
  if (match === null) return null;
  const [, tls, user, secret, hosts = ""] = match;
  const login = toLogin(tls, user, secret);
  return login === null ? null : { ...login, nodes: toPlaces(hosts, REDIS_PORT) };
}

function toLogin(tls = "", user = "", secret = ""): Login | null {
  const username = decode(user);
  const password = decode(secret);
  if (username === null || password === null) return null;
  return { isTls: tls !== "", username, password };
}

function toPlaces(written: string, usualPort: number): RedisPlace[] {
  return written.split(",").map((place) => {
    const [, host = place, port] = /^(.*?)(?::(\d+))?$/.exec(place) ?? [];
    return { host: withoutBrackets(host), port: Number(port ?? usualPort) };
  });
}

/** Hosts and ports that a URL names: Redis', or those that know where it is. None for a socket's path. */
export function toRedisPlaces(url: string): readonly RedisPlace[] {
  if (isAskedFor(url)) return parseClusterUrl(url)?.nodes ?? parseSentinelUrl(url)?.sentinels ?? [];
  if (!URL.canParse(url)) return [];
  const { hostname, port } = new URL(url);
  return hostname === "" ? [] : [{ host: withoutBrackets(hostname), port: Number(port || REDIS_PORT) }];
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

/** The URLs of the shards' servers, the store's first. A blank within one parts nothing: it is refused. */
export function splitRedisUrls(text: string): string[] {
  return text.trim().split(/\s+(?=[a-z+]+:\/\/)/);
}

export function isRedisUrls(text: string): boolean {
  return splitRedisUrls(text).every(isRedisUrl);
}

function isRedisUrl(url: string): boolean {
  if (isAskedFor(url)) return parseSentinelUrl(url) !== null || parseClusterUrl(url) !== null;
  return /^(rediss?|unix):\/\/\S+$/.test(url) && URL.canParse(url);
}

/**
 * The URLs without their passwords, for messages. A password may hold what ends one elsewhere, so all between
 * the first colon and the last @ is hidden; and so are options behind a "?", of which one may be a password.
 */
export function maskUrl(text: string): string {
  return splitRedisUrls(text).map(maskOne).join(" ");
}

function maskOne(url: string): string {
  if (!isAskedFor(url) && !URL.canParse(url)) return "(not a URL)";
  if (/\?.*@/s.test(url)) return url.replace(/(\/\/[^:?]*).*/s, "$1:***");
  return url.replace(/(\/\/[^:]*):.*@/s, "$1:***@").replace(/\?.*/s, "?***");
}
