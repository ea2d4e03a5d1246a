// A Redis that a way to one has found or started, and how one that we start keeps what it holds.

export interface ProvidedRedis {
  readonly url: string;
  readonly source: string;
  stop(): Promise<void>;
}

/** Arguments of redis-server: it keeps all that it has accepted, and evicts nothing. */
export function keepingAll(appendFsync: "everysec" | "always"): readonly string[] {
  const log = ["--appendonly", "yes", "--appendfsync", appendFsync];
  return ["--save", "", ...log, "--maxmemory-policy", "noeviction"];
}
