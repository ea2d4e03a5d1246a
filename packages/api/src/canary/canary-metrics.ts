// What is told of the canary. Only where it is on do its series mean something; `canary_enabled` says so.

import { defineCounts, defineShown, defineSpan } from "@postrider/shared/tally";
import type { Registry } from "prom-client";

export const CANARY_RESULTS = ["delivered", "failed", "late", "refused"] as const;
export type CanaryResult = (typeof CANARY_RESULTS)[number];

const LATENCY_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export interface CanaryMetrics {
  /** It is on in this process. */
  enabled(): void;
  ended(result: CanaryResult): void;
  delivered(latencyMs: number): void;
  /** When the last canary of any process was delivered, in Unix ms. */
  lastDelivered(at: number): void;
}

export function createCanaryMetrics(registry: Registry): CanaryMetrics {
  let isEnabled = false;
  let lastAt = 0;
  const counts = defineCounts({
    registry,
    name: "canary_deliveries_total",
    help: "Canaries of this process that ended: delivered; failed, for a reason that the log tells; late, when none had come of it by the time of the next one; refused, when it could not be enqueued.",
    labelNames: ["result"],
  });
  for (const result of CANARY_RESULTS) counts.of({ result });
  const observe = defineSpan({
    registry,
    name: "canary_latency_seconds",
    help: "From the enqueueing of a canary to its delivered outcome.",
    buckets: LATENCY_SECONDS,
  });
  const gauge = (name: string, help: string, read: () => number): void =>
    defineShown("gauge", { registry, name, help }, () => [{ labels: {}, value: read() }]);
  gauge("canary_enabled", "1 where this process takes part in sending the canary (POSTRIDER_CANARY).", () =>
    Number(isEnabled),
  );
  gauge(
    "canary_last_delivered_timestamp_seconds",
    "When the latest canary was delivered, in Unix seconds; 0: none was, as far as this process knows. The same from every API process with the canary on: take the max.",
    () => lastAt / 1_000,
  );
  return {
    enabled() {
      isEnabled = true;
    },
    ended(result) {
      counts.of({ result }).value += 1;
    },
    delivered: (latencyMs) => observe(latencyMs / 1_000),
    lastDelivered(at) {
      lastAt = Math.max(lastAt, at);
    },
  };
}
