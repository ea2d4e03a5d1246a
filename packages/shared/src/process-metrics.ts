// The page of metrics of a process: what Node tells of it (prom-client's own collection, less what
// Prometheus' naming rules refuse), which Postrider it is, and how its times name traces.

import { collectDefaultMetrics, type Histogram, Registry, type RegistryContentType } from "prom-client";
import { defineShown } from "./tally.ts";
import type { Tracing } from "./tracing/tracing.ts";
import { VERSION } from "./version.ts";

const PREFIX = "postrider_";

/**
 * https://prometheus.io/docs/practices/naming/: `_total` is a counter's ending, and these are gauges; each is
 * the sum over `type` of the series beside it. `min` is an abbreviated unit, the minute; nobody needs the
 * shortest turn of an event loop.
 */
const MISNAMED = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
  "nodejs_eventloop_lag_min_seconds",
];

/** What is told of traces; null while they are off. */
export type SpansDropped = Pick<Tracing, "dropped"> | null;

/**
 * A registry with the series of this process and its event loop. Where traces are on its page is OpenMetrics,
 * the only form that has exemplars.
 */
export function createRegistry(tracing: SpansDropped): Registry {
  const registry = new Registry();
  if (tracing !== null) toAny(registry).setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  for (const name of MISNAMED) registry.removeSingleMetric(`${PREFIX}${name}`);
  const version = "1; its label is the version of this process.";
  defineShown(
    "gauge",
    { registry, name: "build_info", help: version, labelNames: ["version"], together: "max" },
    () => [{ labels: { version: VERSION }, value: 1 }],
  );
  const spans =
    "Spans of traces that the collector did not take, or that found no room while it was slow or away. 0 where traces are off.";
  defineShown("counter", { registry, name: "spans_dropped_total", help: spans }, () => [
    { labels: {}, value: tracing?.dropped() ?? 0 },
  ]);
  return registry;
}

/** With a form that is chosen at run time, of which the types know nothing. */
function toAny(registry: Registry): Registry<RegistryContentType> {
  return registry as unknown as Registry<RegistryContentType>;
}

/** The trace that a time belongs to. */
export interface Traced {
  readonly traceId: string;
}

/**
 * Whether histograms of a registry may have exemplars. One that does is told its times by `toObserve` alone:
 * prom-client has it throw where it is told them as usual. Counters never have any: with exemplars
 * prom-client's would count at the series without labels, whatever they were told.
 */
export function hasExemplars(registry: Registry): boolean {
  return toAny(registry).contentType === Registry.OPENMETRICS_CONTENT_TYPE;
}

/** How a histogram is told times, in seconds, each with the trace that it belongs to where that is kept. */
export function toObserve<L extends string>(
  histogram: Histogram<L>,
  withExemplars: boolean,
): (seconds: number, trace: Traced | null, labels?: Record<L, string>) => void {
  if (!withExemplars)
    return (seconds, _, labels) =>
      labels === undefined ? histogram.observe(seconds) : histogram.observe(labels, seconds);
  // The types take an exemplar's labels for the histogram's.
  const untyped = histogram as unknown as Histogram;
  return (seconds, trace, labels) =>
    untyped.observe({
      value: seconds,
      ...(labels !== undefined && { labels }),
      ...(trace !== null && { exemplarLabels: { trace_id: trace.traceId } }),
    });
}
