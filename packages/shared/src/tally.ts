// Series that are plain numbers until somebody asks for them. prom-client makes an object and a text of
// labels for every observation, also through a child; these are for what is counted several times a delivery,
// and for figures that are read at the moment of a scrape.

import type { Metric, Registry } from "prom-client";

export interface Definition<L extends string = string> {
  readonly registry: Registry;
  /** Without the prefix. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly L[];
  /** How several processes' values make one; a sum unless given. What is counted is always summed up. */
  readonly together?: "max" | "min";
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Where it is not the metric's own. */
  readonly metricName?: string;
}

/** A metric whose samples are asked for at each scrape. */
export function defineShown(
  type: "counter" | "gauge" | "histogram",
  { registry, name, help, labelNames = [], together }: Definition,
  read: () => readonly Sample[],
): void {
  const shown = { name: `postrider_${name}`, help, type, labelNames, aggregator: together ?? "sum" };
  // What a registry asks of a metric: its name, and what there is now.
  const metric = {
    ...shown,
    // A page of OpenMetrics renames its counters first.
    get: () => Promise.resolve({ ...shown, name: metric.name, values: read() }),
    reset: () => undefined,
  };
  registry.registerMetric(metric as unknown as Metric);
}

/** One series of a counter. */
export interface Count {
  value: number;
}

export interface Counts<L extends string> {
  /** The series with these labels, the same each time; made with 0. To be kept: it is looked up by text. */
  of(labels: Readonly<Record<L, string>>): Count;
  /** Leaves out the series with these labels from now on. */
  drop(labels: Readonly<Record<L, string>>): void;
}

/** A counter whose series are added to by `value += 1`. */
export function defineCounts<L extends string>(definition: Definition<L>): Counts<L> {
  const series = new Map<string, Sample & Count>();
  const { labelNames = [] } = definition;
  const toKey = (labels: Readonly<Record<L, string>>) => labelNames.map((name) => labels[name]).join("\0");
  defineShown("counter", definition, () => [...series.values()]);
  return {
    of(labels) {
      const key = toKey(labels);
      const known = series.get(key);
      if (known !== undefined) return known;
      const made = { labels, value: 0 };
      series.set(key, made);
      return made;
    },
    drop: (labels) => void series.delete(toKey(labels)),
  };
}

/** One series of a histogram. */
export type Observe = (value: number) => void;

/** A histogram's series for each value of its one label, which are all there from the beginning. */
export function defineSpans<V extends string>(
  definition: Definition & { readonly labelNames: readonly [string]; readonly buckets: readonly number[] },
  values: readonly V[],
): Readonly<Record<V, Observe>> {
  const [label] = definition.labelNames;
  const spans = values.map((value) => createSpan(definition, { [label]: value }));
  defineShown("histogram", definition, () => spans.flatMap(({ read }) => read()));
  return Object.fromEntries(values.map((value, index) => [value, spans[index]?.observe])) as Record<
    V,
    Observe
  >;
}

/** A histogram without labels. */
export function defineSpan(definition: Definition & { readonly buckets: readonly number[] }): Observe {
  const { observe, read } = createSpan(definition, {});
  defineShown("histogram", definition, read);
  return observe;
}

function createSpan(
  { name, buckets }: { readonly name: string; readonly buckets: readonly number[] },
  labels: Readonly<Record<string, string>>,
): { readonly observe: Observe; readonly read: () => readonly Sample[] } {
  // How many lie in each bucket, not beyond it; the last one has no bound.
  const counts = new Float64Array(buckets.length + 1);
  let sum = 0;
  const metricName = `postrider_${name}`;
  const bounds = [...buckets.map(String), "+Inf"];
  return {
    observe(value) {
      let place = 0;
      // NaN is in no bucket: it would spoil the sum for ever.
      if (!(value >= 0)) return;
      while (place < buckets.length && value > (buckets[place] ?? 0)) place += 1;
      counts[place] = (counts[place] ?? 0) + 1;
      sum += value;
    },
    read() {
      let total = 0;
      const samples: Sample[] = bounds.map((le, place) => {
        total += counts[place] ?? 0;
        return { metricName: `${metricName}_bucket`, labels: { le, ...labels }, value: total };
      });
      samples.push({ metricName: `${metricName}_sum`, labels, value: sum });
      samples.push({ metricName: `${metricName}_count`, labels, value: total });
      return samples;
    },
  };
}
