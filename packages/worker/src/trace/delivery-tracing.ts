// The trace of a delivery, from its claim on. All its attempts, in whatever process, belong to one trace and
// hang under one root span, since the ids of both come from the delivery itself; whoever records the outcome
// tells the root.

import { hash, randomBytes } from "node:crypto";
import { createSampling } from "@postrider/shared/tracing/sampling";
import type { TracingLog } from "@postrider/shared/tracing/span-queue";
import { toTraceparent } from "@postrider/shared/tracing/trace-context";
import type { Tracing } from "@postrider/shared/tracing/tracing";
import type { Attempted, Claimed } from "../attempt.ts";
import type { AttemptTrace } from "./attempt-trace.ts";
import { toSpans } from "./spans.ts";

export interface DeliveryTracing {
  /**
   * The trace of an attempt that begins now; null for a delivery whose trace is not kept.
   * @param enqueuedAt Unix ms. A replay has its own, and so a trace of its own.
   */
  begin(id: string, enqueuedAt: number): AttemptTrace | null;
  /** Tells the spans of an attempt that is settled. Throws nothing. */
  end(claimed: Claimed, attempted: Attempted): void;
}

export interface DeliveryTracingOptions {
  readonly tracing: Pick<Tracing, "add">;
  readonly log: TracingLog;
  /** Share of the deliveries whose traces are kept. */
  readonly ratio: number;
  /** Whether receivers are told of them. */
  readonly propagates: boolean;
}

export function createDeliveryTracing(options: DeliveryTracingOptions): DeliveryTracing {
  const { tracing, propagates, log } = options;
  const isKept = createSampling(options.ratio);
  return {
    begin(id, enqueuedAt) {
      const digest = hash("sha256", `trace\0${id}\0${enqueuedAt}`, "hex");
      const traceId = digest.slice(0, 32);
      if (!isKept(traceId)) return null;
      const sendSpanId = newSpanId();
      return {
        traceId,
        rootSpanId: digest.slice(32, 48),
        spanId: newSpanId(),
        sendSpanId,
        traceparent: propagates ? toTraceparent({ traceId, spanId: sendSpanId, isSampled: true }) : null,
        startedAt: performance.now(),
        steps: [],
        exchange: null,
        recorded: null,
      };
    },
    end(claimed, attempted) {
      const { trace } = claimed;
      if (trace === null) return;
      try {
        const circumstances = { trace, endedAt: performance.now(), newSpanId };
        for (const span of toSpans(claimed, attempted, circumstances)) tracing.add(span);
      } catch (error) {
        // A bug here must not undo what has become of the delivery.
        log.warn({ deliveryId: claimed.id, detail: String(error) }, "a trace could not be told");
      }
    },
  };
}

/** Eight random bytes. */
function newSpanId(): string {
  return randomBytes(8).toString("hex");
}
