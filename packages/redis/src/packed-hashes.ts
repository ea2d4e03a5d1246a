// Up to which sizes a Redis keeps a hash in one block, packed. A waiting delivery is a hash, and some 250
// bytes smaller packed; of a Redis that does not pack it, whoever runs it is told.

import type { RedisClient } from "./home-cluster.ts";
import type { Shard } from "./shard.ts";

export interface HashBounds {
  /** The longest value, and how many fields, with which a hash is still packed. */
  readonly listpackValueBytes: number;
  readonly listpackEntries: number;
}

/** A shard whose Redis does not pack all that waits. */
export interface UnpackedShard extends HashBounds {
  readonly shard: string;
}

interface Bound {
  readonly setting: string;
  /** What to set. */
  readonly wanted: number;
  /** From here on nothing is said. */
  readonly least: number;
  readonly of: (bounds: HashBounds) => number;
}

/**
 * Redis' own bound of 64 bytes for a value is below any delivery's data. A delivery has some ten fields, and
 * hashes of many more are to stay tables: of a packed one each field is found by reading along.
 */
const BOUNDS: readonly Bound[] = [
  {
    setting: "hash-max-listpack-value",
    wanted: 2_048,
    least: 2_048,
    of: ({ listpackValueBytes }) => listpackValueBytes,
  },
  {
    setting: "hash-max-listpack-entries",
    wanted: 64,
    least: 16,
    of: ({ listpackEntries }) => listpackEntries,
  },
];

/** As arguments of redis-server. */
export const PACKED: readonly string[] = BOUNDS.flatMap(({ setting, wanted }) => [
  `--${setting}`,
  String(wanted),
]);

/** Null where CONFIG is not allowed, as in managed Redis, and where Redis does not answer. */
export async function readHashBounds(redis: RedisClient): Promise<HashBounds | null> {
  try {
    const told = (await redis.config("GET", "hash-max-listpack-*")) as string[];
    const [listpackValueBytes = Number.NaN, listpackEntries = Number.NaN] = BOUNDS.map(({ setting }) =>
      // The value of a setting stands behind its name.
      Number(told[told.indexOf(setting) + 1]),
    );
    const isTold = Number.isFinite(listpackValueBytes) && Number.isFinite(listpackEntries);
    return isTold ? { listpackValueBytes, listpackEntries } : null;
  } catch {
    return null;
  }
}

/** Null where it packs what waits, or does not say. */
export async function findUnpacked({ name, redis }: Shard): Promise<UnpackedShard | null> {
  const bounds = await readHashBounds(redis);
  const isPacking = bounds === null || BOUNDS.every(({ of, least }) => of(bounds) >= least);
  return isPacking ? null : { shard: name, ...bounds };
}

/** What these do and what to set, as the rest of a sentence that begins with them. */
export function describeUnpacked(all: readonly HashBounds[]): string {
  const wanted = BOUNDS.flatMap(({ setting, wanted, least, of }) => {
    const low = [...new Set(all.map(of))].filter((now) => now < least);
    return low.length === 0 ? [] : [`${setting} ${wanted} (now ${low.join(", ")})`];
  });
  return `does not keep all that waits packed, which costs some 250 bytes more a delivery; set ${wanted.join(" and ")}`;
}
