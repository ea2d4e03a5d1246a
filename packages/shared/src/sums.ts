// What several parts tell, such as shards, as one. Pure.

type Numbers<Name extends string> = Readonly<Record<Name, number>>;

/** The sums of these fields of two. */
export function addFields<Name extends string>(
  names: readonly Name[],
  one: Numbers<Name>,
  other: Numbers<Name>,
): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as Record<Name, number>;
}

/** All of the same name as one, each where the first of its name stands. */
export function mergeByName<T>(
  all: readonly T[],
  nameOf: (one: T) => string,
  add: (one: T, other: T) => T,
): T[] {
  const merged = new Map<string, T>();
  for (const one of all) {
    const name = nameOf(one);
    const known = merged.get(name);
    merged.set(name, known === undefined ? one : add(known, one));
  }
  return [...merged.values()];
}
