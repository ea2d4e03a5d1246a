// From rounds to one figure: the median, with the least and the greatest beside it.

/** What several rounds gave for one quantity. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The spread of some values. */
export function toSpread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return { median: (lower + upper) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** Quantity by quantity, over rounds that measured the same ones. */
export function toSpreads<T extends object>(rounds: readonly T[]): Record<keyof T, Spread> {
  const names = Object.keys(rounds[0] ?? {}) as (keyof T)[];
  return Object.fromEntries(
    names.map((name) => [name, toSpread(rounds.map((round) => Number(round[name])))]),
  ) as Record<keyof T, Spread>;
}

/** Over the ratios of each round: what slows a whole round down changes none of them. */
export function toRatio(ours: readonly number[], theirs: readonly number[]): Spread {
  return toSpread(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/** The median, with the least and the greatest in brackets. @param digits behind the point. */
export function formatSpread({ median, min, max }: Spread, digits = 0): string {
  const format = (value: number) =>
    value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${format(median)} (${format(min)}–${format(max)})`;
}
