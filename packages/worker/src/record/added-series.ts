// The series of several processes as one page: what is counted and what is held adds up, what all tell alike
// is told once. What a process has counted stays in the sums when it is gone, so that no counter of the page
// ever goes backwards.

import { defineShown } from "@postrider/shared/tally";
import { Registry } from "prom-client";

/** One series at one moment, as prom-client has it. */
export interface SeriesValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Where it is not the metric's own, as of the parts of a histogram. */
  readonly metricName?: string;
  readonly exemplar?: { readonly timestamp: number };
}

/** One metric of one process. */
export interface ToldMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** How several processes' values make one. */
  readonly aggregator?: string;
  readonly values: readonly SeriesValue[];
}

export interface ToldSeries {
  /** Whether its times name traces, which OpenMetrics alone has a form for. */
  readonly isOpenMetrics: boolean;
  readonly metrics: readonly ToldMetric[];
}

export interface AddedSeries {
  /**
   * The page of all.
   * @param current what processes tell now.
   * @param latest what others, which do not answer, told last: of it only what is counted is still true.
   */
  toRegistry(current: readonly ToldSeries[], latest: readonly ToldSeries[]): Registry;
  /** A process is gone: what it counted stays. @param told what it told last. */
  keep(told: ToldSeries): void;
}

/**
 * Of what the dead have counted: three times what one process may tell. Beyond it the oldest are forgotten,
 * and Prometheus takes these for counters that begin anew.
 */
const KEPT_SERIES_MAX = 15_000;

export function createAddedSeries(): AddedSeries {
  const kept = new Map<string, number>();
  const keep = (told: ToldSeries, into: Map<string, number>): void => {
    for (const metric of told.metrics)
      if (isCounted(metric))
        for (const value of metric.values) {
          const key = toKey(metric, value);
          into.set(key, (into.get(key) ?? 0) + value.value);
        }
  };
  return {
    toRegistry(current, latest) {
      const past = new Map(kept);
      for (const told of latest) keep(told, past);
      return toRegistry(
        [...addMetrics(current, past)],
        current.some(({ isOpenMetrics }) => isOpenMetrics),
      );
    },
    keep(told) {
      keep(told, kept);
      for (const key of kept.keys()) {
        if (kept.size <= KEPT_SERIES_MAX) break;
        kept.delete(key);
      }
    },
  };
}

/** Whether a metric counts what this process has done. What all tell alike is no process' own. */
function isCounted({ type, aggregator = "sum" }: ToldMetric): boolean {
  return type !== "gauge" && aggregator === "sum";
}

function toKey({ name }: ToldMetric, { metricName = name, labels }: SeriesValue): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}\u0001${value}`);
  return [metricName, ...pairs.sort()].join("\u0000");
}

/**
 * @param past what others have counted. It is added to series that there are now, and makes none: each of a
 * closed list is there in every process, and the dead ones' destinations would make the page longer for ever.
 */
function* addMetrics(
  current: readonly ToldSeries[],
  past: ReadonlyMap<string, number>,
): Generator<ToldMetric> {
  const byName = new Map<string, ToldMetric[]>();
  for (const metric of current.flatMap(({ metrics }) => metrics)) {
    const same = byName.get(metric.name);
    if (same === undefined) byName.set(metric.name, [metric]);
    else same.push(metric);
  }
  for (const same of byName.values()) {
    const [first] = same;
    if (first !== undefined) yield { ...first, values: addValues(same, isCounted(first) ? past : null) };
  }
}

function addValues(same: readonly ToldMetric[], past: ReadonlyMap<string, number> | null): SeriesValue[] {
  const values = new Map<string, SeriesValue>();
  for (const metric of same) {
    const join = JOINS[metric.aggregator ?? "sum"] ?? Math.max;
    for (const value of metric.values) {
      const key = toKey(metric, value);
      const known = values.get(key);
      values.set(
        key,
        known === undefined
          ? { ...value, value: value.value + (past?.get(key) ?? 0) }
          : { ...newer(known, value), value: join(known.value, value.value) },
      );
    }
  }
  return [...values.values()];
}

/** Of anything else, such as an average of how late event loops are, the highest: a mean hides the one. */
const JOINS: Readonly<Record<string, (one: number, other: number) => number>> = {
  sum: (one, other) => one + other,
  min: Math.min,
};

/** The one whose exemplar is the later one. */
function newer(one: SeriesValue, other: SeriesValue): SeriesValue {
  return (other.exemplar?.timestamp ?? 0) > (one.exemplar?.timestamp ?? 0) ? other : one;
}

const PREFIX = "postrider_";

function toRegistry(metrics: readonly ToldMetric[], isOpenMetrics: boolean): Registry {
  const registry = new Registry();
  if (isOpenMetrics) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  for (const { name, help, type, values } of metrics)
    defineShown(
      type as "counter",
      { registry, name: name.slice(PREFIX.length), help },
      () => values as never,
    );
  return registry;
}
