// A Redis that a way to one has found or started, and how one that we start keeps what it holds.

import { PACKED } from "@postrider/redis/packed-hashes";

export interface ProvidedRedis {
  readonly url: string;
  readonly source: string;
  stop(): Promise<void>;
}

/** Arguments of redis-server: it keeps all that it has accepted, evicts nothing, and packs what waits. */
export function keepingAll(appendFsync: "everysec" | "always"): readonly string[] {
  const log = ["--appendonly", "yes", "--appendfsync", appendFsync];
  return ["--save", "", ...log, "--maxmemory-policy", "noeviction", ...PACKED];
}
