// What Node tells of its process: prom-client's own collection, less what Prometheus' naming rules refuse.

import { collectDefaultMetrics, type Registry } from "prom-client";

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
}
