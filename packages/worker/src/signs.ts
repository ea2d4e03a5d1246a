// What one worker process tells of itself: to whoever probes it, or to the process that answers for several.

import { within } from "@postrider/redis/within";
import { hasExemplars } from "@postrider/shared/process-metrics";
import type { Signs } from "./probes.ts";
import type { ToldMetric, ToldSeries } from "./record/added-series.ts";
import type { Metrics } from "./record/metrics.ts";
import type { ServedShards } from "./served-shards.ts";

/** An answer that takes longer tells the prober nothing. */
const REDIS_ANSWER_MS = 1_000;

/** Of one process, which may be told together with others. */
export interface ProcessSigns extends Signs {
  series(): Promise<ToldSeries>;
}

export interface SignsOptions {
  readonly shards: Pick<ServedShards, "ping" | "readFigures" | "stuckIn">;
  readonly metrics: Metrics;
  /** Whether this process claims deliveries. */
  readonly isServing: () => boolean;
}

export function createSigns({ shards, metrics, isServing }: SignsOptions): ProcessSigns {
  const { registry } = metrics;
  // What was read before Redis went away says nothing about now: no gauge is better than an old one.
  const refresh = async (): Promise<void> =>
    metrics.installation(await within(REDIS_ANSWER_MS, shards.readFigures()));
  return {
    ailment() {
      const lane = shards.stuckIn();
      return Promise.resolve(lane === null ? null : { status: "stuck", lane });
    },
    isReady: async () => isServing() && (await within(REDIS_ANSWER_MS, shards.ping())) === "PONG",
    async page() {
      await refresh();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    async series() {
      await refresh();
      const metrics = (await registry.getMetricsAsJSON()) as unknown as readonly ToldMetric[];
      return { isOpenMetrics: hasExemplars(registry), metrics };
    },
  };
}
