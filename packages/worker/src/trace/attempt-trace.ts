// What is noted of an attempt whose trace is kept, while it is made: ids, and moments by performance.now().
// Of all others nothing is noted.

import type { Written } from "@postrider/redis/scripts/record-attempt";
import type { Outcome } from "@postrider/shared/outcome";

export interface AttemptTrace {
  readonly traceId: string;
  /** The same for all attempts of the delivery. */
  readonly rootSpanId: string;
  readonly spanId: string;
  /** The span of the request, which the receiver is told. */
  readonly sendSpanId: string;
  /** What the receiver is told; null where it is not. */
  readonly traceparent: string | null;
  readonly startedAt: number;
  readonly steps: TracedStep[];
  /** The request, or its repetition with another token; null where nothing was sent. */
  exchange: { readonly method: string; readonly startedAt: number } | null;
  /** What was written down; null where nothing was. */
  recorded: {
    readonly endedAt: number;
    readonly written: Written;
    /** Where this very attempt has ended the delivery. */
    readonly outcome: Outcome | null;
  } | null;
}

/** A step that was taken. */
export interface TracedStep {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
}
