// A Redis that a way to one has found or started, and how one that we start keeps what it holds.

export interface ProvidedRedis {
  readonly url: string;
  readonly source: string;
  stop(): Promise<void>;
}

/**
 * Jobs are hashes of some ten fields, which Redis packs into one block unless a value or their number is
 * beyond its bounds. Its own bound of 64 bytes is below any delivery's data, and a table takes some 400 bytes
 * more. More fields than jobs have stay a table's: of a packed hash each field is found by reading along.
 */
const PACKED = ["--hash-max-listpack-value", "2048", "--hash-max-listpack-entries", "64"];

/** Arguments of redis-server: it keeps all that it has accepted, evicts nothing, and packs what waits. */
export function keepingAll(appendFsync: "everysec" | "always"): readonly string[] {
  const log = ["--appendonly", "yes", "--appendfsync", appendFsync];
  return ["--save", "", ...log, "--maxmemory-policy", "noeviction", ...PACKED];
}
