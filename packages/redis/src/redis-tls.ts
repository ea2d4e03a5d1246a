// The files with which a connection to Redis is encrypted.

import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import { PostriderError } from "@postrider/shared/errors";
import { isTlsUrl } from "@postrider/shared/redis-url";

/** As the settings of the same names have them; absent or empty: not set. */
export interface RedisFiles {
  readonly redisTlsCa?: string;
  readonly redisTlsCert?: string;
  readonly redisTlsKey?: string;
  readonly redisTlsServername?: string;
}

/**
 * What Node's TLS needs for a URL; null where it is not encrypted.
 * @throws PostriderError `settings_invalid` for a file that cannot be read.
 */
export async function readRedisTls(url: string, files: RedisFiles): Promise<ConnectionOptions | null> {
  if (!isTlsUrl(url)) return null;
  const { redisTlsServername: servername = "" } = files;
  const [ca, cert, key] = await Promise.all([
    read("POSTRIDER_REDIS_TLS_CA", files.redisTlsCa),
    read("POSTRIDER_REDIS_TLS_CERT", files.redisTlsCert),
    read("POSTRIDER_REDIS_TLS_KEY", files.redisTlsKey),
  ]);
  return {
    ...(ca !== null && { ca }),
    ...(cert !== null && { cert }),
    ...(key !== null && { key }),
    ...(servername !== "" && { servername }),
  };
}

async function read(setting: string, path = ""): Promise<string | null> {
  if (path === "") return null;
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new PostriderError("settings_invalid", `${setting}: ${(cause as Error).message}`, { cause });
  }
}
