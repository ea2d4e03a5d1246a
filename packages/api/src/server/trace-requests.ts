// The span of a request, in the trace that its sender has begun, or in a new one. Loaded only where traces
// are on. Neither path nor query is told: customers' ids stand in them; the route is.

import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import type { Traced } from "@postrider/shared/process-metrics";
import { parseTraceparent } from "@postrider/shared/tracing/trace-context";
import { VERSION } from "@postrider/shared/version";
import type { FastifyRequest } from "fastify";
import type { Route } from "../route/route.ts";

export interface RequestTrace {
  /** Does what the request asks for; spans that are begun meanwhile are children of this one. */
  run<T>(work: () => T): T;
  /** @returns the trace where it is kept. */
  end(status: number): Traced | null;
}

export interface RequestTracing {
  begin(route: Pick<Route, "path">, request: FastifyRequest): RequestTrace;
}

/** Over the OpenTelemetry that is registered in this process. */
export function createRequestTracing(): RequestTracing {
  const tracer = trace.getTracer("postrider", VERSION);
  return {
    begin({ path }, { method, headers, id, protocol }) {
      const attributes: Attributes = {
        "http.request.method": method,
        "http.route": path,
        "url.scheme": protocol,
        "postrider.request.id": id,
      };
      const sender = toSender(headers["traceparent"]);
      const span = tracer.startSpan(`${method} ${path}`, { kind: SpanKind.SERVER, attributes }, sender);
      const within = trace.setSpan(sender, span);
      return { run: (work) => context.with(within, work), end: (status) => end(span, status) };
    },
  };
}

function toSender(traceparent: unknown): Context {
  const sender = parseTraceparent(traceparent);
  if (sender === null) return ROOT_CONTEXT;
  const { traceId, spanId, isSampled } = sender;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** A client's mistake is no error (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). */
function end(span: Span, status: number): Traced | null {
  span.setAttribute("http.response.status_code", status);
  if (status >= 500) {
    span.setAttribute("error.type", String(status)).setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
  const { traceId, traceFlags } = span.spanContext();
  return (traceFlags & TraceFlags.SAMPLED) === 0 ? null : { traceId };
}
