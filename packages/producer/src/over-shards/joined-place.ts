// Where something that walks the shards one after the other goes on: a shard, and the place in it.

/** `after` of one shard, as whoever walks all of them is told it. */
export function joinPlace(shard: string, after: string): string {
  return `${shard}|${after}`;
}

/** The order in which shards are walked: all that walk them agree on it, whichever of them answer. */
export function byName(one: string, other: string): number {
  return Number(one) - Number(other);
}

/**
 * @param names of the shards, in the order in which they are walked. A text without a name is one that was
 * handed out while there was but one shard.
 * @returns the shard to go on with, and the place in it; empty: its beginning. Where its own shard is none of
 * these, that is the one behind it; undefined: there is none.
 */
export function splitPlace(
  place: string,
  names: readonly string[],
): { readonly shard: string | undefined; readonly after: string } {
  const [, shard, after] = /^(\d+)\|(.*)$/s.exec(place) ?? [];
  if (shard === undefined || after === undefined) return { shard: names[0], after: place };
  if (names.includes(shard)) return { shard, after };
  return { shard: names.find((name) => byName(name, shard) > 0), after: "" };
}

/** A shard that is still to be walked. */
interface Left {
  readonly shard: string;
  /** Where it goes on; null: from its beginning. */
  readonly after: string | null;
}

/** The shards that are left from a place on. @param after null: all of them. */
export function shardsFrom(names: readonly string[], after: string | null): Left[] {
  const start = after === null ? null : splitPlace(after, names);
  if (start !== null && start.shard === undefined) return [];
  const first = start === null ? 0 : names.indexOf(start.shard ?? "");
  return names.slice(first).map((shard, index) => ({
    shard,
    after: index === 0 && start !== null && start.after !== "" ? start.after : null,
  }));
}
