// Spans in OpenTelemetry's own form, and the way to a collector. The only place that knows its SDK; loaded
// where traces are on, and nowhere else.

import { randomUUID } from "node:crypto";
import {
  context,
  type HrTime,
  SpanKind as Kind,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  ParentBasedSampler,
  type ReadableSpan,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { VERSION } from "../version.ts";
import type { Span, SpanAttributes, SpanKind } from "./span.ts";
import type { TraceContext } from "./trace-context.ts";

export interface Otlp {
  /** @throws Error why a batch was not taken. */
  readonly send: (batch: readonly ReadableSpan[]) => Promise<void>;
  readonly toReadable: (span: Span) => ReadableSpan;
  /** @returns what undoes it. */
  readonly register: (add: (span: ReadableSpan) => void, ratio: number) => () => void;
  readonly close: () => void;
}

/**
 * @param endpoint the collector's base URL. How it is spoken to otherwise the exporter reads from the
 * environment: OTEL_EXPORTER_OTLP_HEADERS, _CERTIFICATE, _CLIENT_CERTIFICATE, _CLIENT_KEY, _COMPRESSION and
 * _TIMEOUT, and the resource OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
 */
export function createOtlp(endpoint: string, role: string): Otlp {
  const resource = toResource(role);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` });
  return {
    send: (batch) =>
      new Promise((resolve, reject) => {
        exporter.export([...batch], ({ code, error }) => {
          if (code === SUCCESS) resolve();
          else reject(error ?? new Error("the collector did not take them"));
        });
      }),
    toReadable: (span) => toReadable(span, resource),
    register(add, ratio) {
      const provider = new TracerProvider({
        resource,
        sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
        spanProcessors: [toProcessor(add)],
      });
      const isOurs = trace.setGlobalTracerProvider(provider);
      const contexts = new AsyncLocalStorageContextManager().enable();
      const areOurs = context.setGlobalContextManager(contexts);
      return () => {
        if (isOurs) trace.disable();
        if (areOurs) context.disable();
      };
    },
    close: () => void exporter.shutdown(),
  };
}

/** ExportResultCode.SUCCESS of @opentelemetry/core. */
const SUCCESS = 0;

/** What the environment says of this process stands. */
function toResource(role: string): Resource {
  const own = resourceFromAttributes({
    "service.name": `postrider-${role}`,
    "service.version": VERSION,
    "service.instance.id": randomUUID(),
  });
  return defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }));
}

function toProcessor(add: (span: ReadableSpan) => void): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd(span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) add(span);
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

const KINDS: Readonly<Record<SpanKind, Kind>> = {
  internal: Kind.INTERNAL,
  server: Kind.SERVER,
  client: Kind.CLIENT,
  producer: Kind.PRODUCER,
  consumer: Kind.CONSUMER,
};

const SCOPE = { name: "postrider", version: VERSION };

function toReadable(span: Span, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId, startMs, endMs } = span;
  const self = toSpanContext({ traceId, spanId, isSampled: true });
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => self,
    ...(parentSpanId !== null && {
      parentSpanContext: toSpanContext({ traceId, spanId: parentSpanId, isSampled: true }),
    }),
    startTime: toTime(startMs),
    endTime: toTime(endMs),
    duration: toTime(endMs - startMs),
    status: { code: span.isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: withoutNothing(span.attributes),
    links: span.links.map((link) => ({ context: { ...toSpanContext(link), isRemote: true } })),
    events: [],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** The exporter would send a name without a value. */
function withoutNothing(attributes: SpanAttributes): Record<string, string | number> {
  const said: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) said[name] = value;
  return said;
}

function toSpanContext({ traceId, spanId, isSampled }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE };
}

function toTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
}
