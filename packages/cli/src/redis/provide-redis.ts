// A real Redis, wherever this machine has one: the one that is configured, a server program, a container, a
// package.

import type { RedisFiles } from "@postrider/redis/redis-tls";
import { toServers } from "@postrider/redis/servers";
import { hasCode, PostriderError } from "@postrider/shared/errors";
import { maskUrl } from "@postrider/shared/redis-url";
import { hasApt, installWithApt } from "./apt.ts";
import { startContainer } from "./container.ts";
import type { ProvidedRedis } from "./provided-redis.ts";
import { findOnPath, startRedisServer } from "./redis-server.ts";

export interface ProvideOptions {
  /** POSTRIDER_REDIS_URL, where it is set. */
  readonly url: string | undefined;
  /** POSTRIDER_REDIS_TLS_ settings, for it. */
  readonly files?: RedisFiles;
  /** Takes the one line that says which was taken. */
  readonly say: (line: string) => void;
  /** Where a server is to listen; absent: any free port. */
  readonly port?: number;
  readonly appendFsync?: "everysec" | "always";
  /** PATH of the machine. */
  readonly path?: string;
  /** What is tried when nothing is configured; tests pass their own. */
  readonly sources?: readonly Source[];
}

/** One way to a Redis; null: not here. */
export type Source = (options: ProvideOptions) => Promise<ProvidedRedis | null>;

const PROGRAMS = ["redis-server", "valkey-server"];
const FALLBACK_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** @throws `redis_unavailable` when there is none to be had, with what to install; `port_taken`. */
export async function provideRedis(options: ProvideOptions): Promise<ProvidedRedis> {
  if (options.url !== undefined && options.url !== "") return configured(options.url, options);
  for (const source of options.sources ?? [fromPath, fromContainer, fromApt]) {
    const provided = await source(options);
    if (provided === null) continue;
    options.say(`Redis: ${provided.source}`);
    return provided;
  }
  throw new PostriderError(
    "redis_unavailable",
    "there is no Redis here: set POSTRIDER_REDIS_URL to one, or install redis-server (Debian: apt-get install redis-server; macOS: brew install redis), or start Docker",
  );
}

async function configured(url: string, { say, files = {} }: ProvideOptions): Promise<ProvidedRedis> {
  for (const server of toServers(url, { retryStrategy: () => null, connectTimeout: 3_000 }, files)) {
    const redis = await server.connect("").catch((error: unknown) => {
      if (!hasCode(error, "redis_unavailable")) throw error;
      throw new PostriderError("redis_unavailable", `POSTRIDER_REDIS_URL: ${(error as Error).message}`, {
        cause: error,
      });
    });
    redis.disconnect();
  }
  const source = `POSTRIDER_REDIS_URL (${maskUrl(url)})`;
  say(`Redis: ${source}`);
  return { url, source, stop: async () => undefined };
}

async function fromPath({
  path = FALLBACK_PATH,
  port,
  appendFsync,
}: ProvideOptions): Promise<ProvidedRedis | null> {
  const binary = findOnPath(PROGRAMS, path);
  return binary === null ? null : startBinary(binary, `${binary} of this machine`, { port, appendFsync });
}

async function fromContainer({ appendFsync = "everysec" }: ProvideOptions): Promise<ProvidedRedis | null> {
  return startContainer(appendFsync);
}

async function fromApt({ port, appendFsync, say }: ProvideOptions): Promise<ProvidedRedis | null> {
  if (!hasApt()) return null;
  say("Redis: none here; installing redis-server with apt-get");
  // A Debian with systemd may start a service of its own on the default port, which then answers there.
  const binary = installWithApt("redis-server") ? findOnPath(PROGRAMS, FALLBACK_PATH) : null;
  return binary === null
    ? null
    : startBinary(binary, `${binary}, installed with apt-get`, { port, appendFsync });
}

interface Wishes {
  readonly port: number | undefined;
  readonly appendFsync: "everysec" | "always" | undefined;
}

async function startBinary(
  binary: string,
  name: string,
  { port, appendFsync }: Wishes,
): Promise<ProvidedRedis> {
  const server = await startRedisServer({
    binary,
    ...(appendFsync !== undefined && { appendFsync }),
    ...(port !== undefined && { port }),
  });
  return { url: server.url, source: `${name}, on port ${server.port}`, stop: server.stop };
}
