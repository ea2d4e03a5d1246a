// Where something that walks the shards one after the other goes on: a shard, and the place in it.

/** `after` of one shard, as whoever walks all of them is told it. */
export function joinPlace(shard: string, after: string): string {
  return `${shard}|${after}`;
}

/**
 * @param names of the shards, in the order in which they are walked. A text without a name is one that was
 * handed out while there was but one shard.
 * @returns the shard to go on with, and the place in it; empty: its beginning.
 */
export function splitPlace(
  place: string,
  names: readonly string[],
): { readonly shard: string | undefined; readonly after: string } {
  const [, shard, after] = /^([^|]+)\|(.*)$/s.exec(place) ?? [];
  if (shard !== undefined && after !== undefined && names.includes(shard)) return { shard, after };
  return { shard: names[0], after: place };
}
