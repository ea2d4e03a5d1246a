// The span of an enqueue, where this process has an OpenTelemetry: its own, or the one that Postrider has set
// up. Deliveries carry its name, and their own traces link to it. Without one, enqueueing is what it was.

import type { Span, SpanOptions, Tracer } from "@opentelemetry/api";
import { PostriderError } from "@postrider/shared/errors";
import { chooseLane, isLaneName } from "@postrider/shared/lanes";
import { parseTraceparent, toTraceparent } from "@postrider/shared/tracing/trace-context";
import { VERSION } from "@postrider/shared/version";
import type { DeliveryOrder, Enqueued } from "./enqueue.ts";
import type { EnqueueAll } from "./enqueue-all.ts";
import type { EnqueueMany } from "./enqueue-many.ts";

/** Begins the span of an enqueue into a lane, under the active one. */
export type BeginSpan = (lane: string) => Span;

/**
 * Where @opentelemetry/api keeps what was registered, the same for all its 1.x versions. Looked at before it
 * is loaded, so that nothing is where nobody has registered anything.
 */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

/** @returns null where no OpenTelemetry is registered by now. */
export async function findOpenTelemetry(): Promise<BeginSpan | null> {
  if (!(REGISTERED in globalThis)) return null;
  const { SpanKind, trace } = await import("@opentelemetry/api");
  const tracer: Tracer = trace.getTracer("postrider", VERSION);
  return (lane) => {
    const isNamed = isLaneName(lane);
    const options: SpanOptions = {
      kind: SpanKind.PRODUCER,
      attributes: {
        "messaging.system": "postrider",
        "messaging.operation.name": "enqueue",
        "messaging.operation.type": "send",
        ...(isNamed && { "messaging.destination.name": lane }),
      },
    };
    return tracer.startSpan(isNamed ? `enqueue ${lane}` : "enqueue", options);
  };
}

/** One that takes in a single delivery, or says why it does not. */
type EnqueueSingle<R> = (order: DeliveryOrder) => Promise<R>;

export function traceOne<R extends Enqueued | PostriderError>(
  enqueue: EnqueueSingle<R>,
  begin: BeginSpan | null,
): EnqueueSingle<R> {
  if (begin === null) return enqueue;
  return (order) =>
    bringsTrace(order)
      ? enqueue(order)
      : inSpan(
          begin(order.lane ?? chooseLane(false)),
          (trace) => enqueue({ ...order, ...trace }),
          (taken) =>
            taken instanceof PostriderError
              ? taken
              : {
                  "messaging.message.id": taken.id,
                  "postrider.delivery.id": taken.id,
                  "postrider.duplicates": taken.isDuplicate ? 1 : 0,
                },
        );
}

/** Orders that bring a trace keep it; all others share one span. */
export function traceAll(enqueueAll: EnqueueAll, begin: BeginSpan | null): EnqueueAll {
  if (begin === null) return enqueueAll;
  return (orders, options) => {
    const first = orders.find((order): order is DeliveryOrder => !bringsTrace(order));
    if (first === undefined) return enqueueAll(orders, options);
    const withTrace = (trace: Brought) => (order: DeliveryOrder | PostriderError) =>
      order instanceof PostriderError || bringsTrace(order) ? order : { ...order, ...trace };
    return inSpan(
      begin(first.lane ?? chooseLane(false)),
      (trace) => enqueueAll(orders.map(withTrace(trace)), options),
      ({ enqueued, duplicates, rejected }) => ({
        "messaging.batch.message_count": enqueued + duplicates,
        "postrider.duplicates": duplicates,
        "postrider.rejected": rejected.length,
      }),
    );
  };
}

/** One span for a whole run, however large. */
export function traceMany(enqueueMany: EnqueueMany, begin: BeginSpan | null): EnqueueMany {
  if (begin === null) return enqueueMany;
  return (order) =>
    bringsTrace(order)
      ? enqueueMany(order)
      : inSpan(
          begin(order.lane ?? chooseLane(true)),
          (trace) => enqueueMany({ ...order, ...trace }),
          ({ run, action, enqueued, duplicates }) => ({
            "messaging.batch.message_count": enqueued + duplicates,
            "postrider.run": run,
            "postrider.action": action,
            "postrider.duplicates": duplicates,
          }),
        );
}

type Brought = Pick<DeliveryOrder, "traceparent">;

/** Also for what is no order, and is told so further on. */
function bringsTrace(order: unknown): boolean {
  if (typeof order !== "object" || order === null || order instanceof PostriderError) return true;
  return "traceparent" in order && order.traceparent !== undefined;
}

type Told = Readonly<Record<string, string | number>>;

/** Does the work within a span. An error is told by its code: texts may hold what a caller has sent. */
async function inSpan<R>(
  span: Span,
  work: (trace: Brought) => Promise<R>,
  tell: (result: R) => Told | PostriderError,
): Promise<R> {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const traceparent = toTraceparent({ traceId, spanId, isSampled: traceFlags % 2 === 1 });
  try {
    const result = await work(parseTraceparent(traceparent) === null ? {} : { traceparent });
    const told = tell(result);
    if (told instanceof PostriderError) fail(span, told);
    else span.setAttributes(told);
    return result;
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** SpanStatusCode.ERROR, without the library that this file loads only where it is in use. */
const ERROR = 2;

function fail(span: Span, error: unknown): void {
  span.setAttribute("error.type", error instanceof PostriderError ? error.code : "internal");
  span.setStatus({ code: ERROR });
}
