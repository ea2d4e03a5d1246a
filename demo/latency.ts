// Quantiles from a Prometheus histogram, as `histogram_quantile` reads them.

/** Cumulative counts by upper bound in seconds. */
export type Buckets = Map<number, number>;

/** Adds one process's histogram to the sum. */
export function addHistogram(metrics: string, name: string, sum: Buckets): void {
  for (const [, bound = "", count = ""] of metrics.matchAll(
    new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)$`, "gm"),
  )) {
    const upper = bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound);
    sum.set(upper, (sum.get(upper) ?? 0) + Number(count));
  }
}

/** The value in seconds below which a share of the observations lies; null when there are none. */
export function quantile(buckets: Buckets, share: number): number | null {
  const bounds = [...buckets.entries()].sort(([a], [b]) => a - b);
  const rank = share * (bounds.at(-1)?.[1] ?? 0);
  if (rank === 0) return null;
  let [lower, below] = [0, 0];
  for (const [upper, count] of bounds) {
    if (count >= rank)
      return upper === Number.POSITIVE_INFINITY
        ? lower
        : lower + ((upper - lower) * (rank - below)) / (count - below);
    [lower, below] = [upper, count];
  }
  return lower;
}
