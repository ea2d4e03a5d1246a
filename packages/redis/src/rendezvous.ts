// Which shard is a delivery's home: rendezvous hashing over the shards' names (each name weighs each id, and
// the heaviest wins), so that a change of the number moves no more ids than it must. Pure. All processes of
// an installation, whatever their release, must choose alike: the functions here never change.

/** @returns for an id the place of its home among the names. The order of the names does not matter. */
export function createRendezvous(names: readonly string[]): (id: string) => number {
  if (names.length === 1) return () => 0;
  // Of two that weigh the same, as one id in some billions, the name that comes first in the alphabet wins.
  const seeds = names
    .map((name, index) => ({ name, index, seed: mix(digest(name)) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  return (id) => {
    const digested = digest(id);
    let home = 0;
    let heaviest = -1;
    for (const { index, seed } of seeds) {
      const weight = mix(digested ^ seed);
      if (weight <= heaviest) continue;
      heaviest = weight;
      home = index;
    }
    return home;
  };
}

/** FNV-1a (draft-eastlake-fnv), of UTF-16 code units: some nanoseconds a character. */
function digest(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value;
}

/** The finalizer of MurmurHash3, which lets every bit of its input count: an unsigned number of 32 bits. */
function mix(given: number): number {
  let value = given;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
