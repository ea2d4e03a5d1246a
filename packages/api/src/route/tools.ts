// What handlers work with. Made once per API process.

import type { Composer } from "@postrider/compose/apart/composer";
import type { Producer } from "@postrider/producer/producer";
import type { BinArrivals } from "@postrider/redis/bin-arrivals";
import type { ApiMetrics } from "../api-metrics.ts";
import type { BatchedEnqueue } from "../batched-enqueue.ts";

export interface Tools {
  readonly producer: Producer;
  /** Takes a single delivery in, together with those of other requests that come at about the same time. */
  readonly enqueueOne: BatchedEnqueue;
  readonly metrics: ApiMetrics;
  /** How long the sender of a stream may send nothing. */
  readonly streamSilenceMs: number;
  /** Composes where a template that takes too long can be stopped. */
  readonly composer: Composer;
  /** What arrived in the request bin. */
  readonly arrivals: Pick<BinArrivals, "latest">;
  /** Unix ms. */
  readonly now: () => number;
  /** Whether the API takes requests: false once it was told to stop. */
  readonly isOpen: () => boolean;
  /** Whether Redis answers within so many ms. */
  readonly pingRedis: (limitMs: number) => Promise<boolean>;
}
