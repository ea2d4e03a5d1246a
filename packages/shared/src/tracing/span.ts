// A span, as a plain value that is whole when it is handed on.

import type { TraceContext } from "./trace-context.ts";

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

/** Names are OpenTelemetry's, or begin with `postrider.`. What is undefined is left out. */
export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

export interface Span {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  /** Null: the root of its trace. */
  readonly parentSpanId: string | null;
  /** Unix ms, with a fraction. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  readonly links: readonly TraceContext[];
  readonly isError: boolean;
}
