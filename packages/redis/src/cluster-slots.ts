// Names for shards by the slots of a Redis Cluster, so that the shards spread evenly over its masters: which
// slot a name falls into is chance, and some names of few may all fall on one. Pure.

import { shardTag } from "./keys.ts";

const SLOTS = 16_384;
/**
 * CRC16 of XMODEM, by which a Cluster tells the slot of a hash tag (redis.io, "Redis cluster specification").
 */
const POLYNOMIAL = 0x1021;
/** So many names are tried for a master; each name hits one of a thousand masters once in a thousand. */
const TRIES_MAX = 100_000;

/** The slot of a hash tag: what stands between the braces of a key. */
export function slotOfTag(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? POLYNOMIAL : 0)) & 0xffff;
  }
  return crc % SLOTS;
}

/** The slot in which all keys of a shard lie. */
export function slotOfShard(keyPrefix: string, name: string): number {
  return slotOfTag(shardTag(keyPrefix, name));
}

/** The slots of one master, each range with its first and last. */
export type SlotRanges = readonly (readonly [first: number, last: number])[];

/**
 * Names for more shards: each on the master that has the fewest by then, and of those the first one.
 * @param taken names that stand already, and are not given again.
 * @throws Error where a master has so few slots that no name is found for it.
 */
export function chooseShardNames(
  keyPrefix: string,
  masters: readonly SlotRanges[],
  { count, taken }: { readonly count: number; readonly taken: readonly string[] },
): string[] {
  const masterOf = (name: string): number => {
    const slot = slotOfShard(keyPrefix, name);
    return masters.findIndex((ranges) => ranges.some(([first, last]) => first <= slot && slot <= last));
  };
  const counts = masters.map((_, master) => taken.filter((name) => masterOf(name) === master).length);
  // A name that was used before would bring back what was counted under it.
  const first = nextNumber(taken);
  const used = new Set<string>();
  const chosen: string[] = [];
  while (chosen.length < count) {
    const master = counts.indexOf(Math.min(...counts));
    const name = findName(first, (one) => !used.has(one) && masterOf(one) === master);
    used.add(name);
    chosen.push(name);
    counts[master] = (counts[master] ?? 0) + 1;
  }
  return chosen;
}

/** The number after the highest that is the name of a shard. */
export function nextNumber(taken: readonly string[]): number {
  return Math.max(-1, ...taken.map(Number)) + 1;
}

function findName(first: number, isGood: (name: string) => boolean): string {
  for (let number = first; number < first + TRIES_MAX; number++)
    if (isGood(String(number))) return String(number);
  throw new Error(`no name of ${TRIES_MAX} falls into the slots of a master`);
}
