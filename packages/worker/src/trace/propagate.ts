// What a receiver is told of a delivery's trace: one `traceparent`, and never a second one.

import type { ComposedRequest } from "@postrider/compose/request";
import type { AttemptTrace } from "./attempt-trace.ts";

/** An action that sets one of these takes part in a trace of its own; both belong together. */
const OWN: ReadonlySet<string> = new Set(["traceparent", "tracestate"]);

/** The request as it is sent; the same one where the receiver is told nothing. */
export function withTraceparent(request: ComposedRequest, trace: AttemptTrace | null): ComposedRequest {
  if (trace === null || trace.traceparent === null) return request;
  const { headers } = request;
  if (headers.some((name, index) => index % 2 === 0 && OWN.has(name.toLowerCase()))) return request;
  return { ...request, headers: [...headers, "traceparent", trace.traceparent] };
}
