// What is told of a process of either kind: prom-client's own collection, less what Prometheus' naming rules
// refuse, and which Postrider it is.

import { collectDefaultMetrics, type Registry } from "prom-client";
import { defineShown } from "./tally.ts";
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

/** Adds the series of this process and its event loop. */
export function collectProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  for (const name of MISNAMED) registry.removeSingleMetric(`${PREFIX}${name}`);
  const help = "1; its label is the version of this process.";
  defineShown("gauge", { registry, name: "build_info", help, labelNames: ["version"] }, () => [
    { labels: { version: VERSION }, value: 1 },
  ]);
}
