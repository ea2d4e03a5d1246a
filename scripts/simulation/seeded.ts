// Chance that is the same for the same seed.

export interface Seeded {
  /** In [0, 1). */
  next(): number;
  /** Time to the next of events that come independently of each other, so many a second. */
  gap(perSecond: number): number;
  /** A delivery's id: as random as those of the product, which are digests. */
  id(): string;
}

/** Mulberry32, by Tommy Ettinger: public domain, 32 bits of state. */
export function createSeeded(seed: number): Seeded {
  let state = seed >>> 0;
  const draw = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return (value ^ (value >>> 14)) >>> 0;
  };
  const next = (): number => draw() / 2 ** 32;
  return {
    next,
    gap: (perSecond) => -Math.log(1 - next()) / perSecond,
    id: () => `${draw().toString(36)}${draw().toString(36)}${draw().toString(36)}`,
  };
}
