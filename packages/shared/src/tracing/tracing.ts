// Traces of this process: off unless a collector is named, and then no SDK of OpenTelemetry is loaded.

import type { Settings } from "../settings/settings.ts";
import type { Span } from "./span.ts";
import type { TracingLog } from "./span-queue.ts";

export interface Tracing {
  /** Takes a span that is over. Costs its caller nothing but that. */
  add(span: Span): void;
  /** Spans that did not get to the collector. */
  dropped(): number;
  /**
   * Makes this the process' OpenTelemetry, where there is none yet: what works with the global one, as
   * producers do, is traced by it from then on.
   */
  register(): void;
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>;
}

/** A collector that is away holds up the end of a process for no longer. */
const CLOSE_MS = 2_000;

/**
 * @param role what the process calls itself: `postrider-<role>`, unless OTEL_SERVICE_NAME says otherwise.
 * @returns null where no collector is named.
 */
export async function startTracing(
  { tracesEndpoint, tracesRatio }: Pick<Settings, "tracesEndpoint" | "tracesRatio">,
  role: string,
  log: TracingLog,
): Promise<Tracing | null> {
  if (tracesEndpoint === "") return null;
  const { createOtlp } = await import("./otlp.ts");
  const { createSpanQueue } = await import("./span-queue.ts");
  const otlp = createOtlp(tracesEndpoint, role);
  const queue = createSpanQueue({ send: otlp.send, log });
  let unregister: () => void = () => undefined;
  return {
    add: (span) => queue.add(otlp.toReadable(span)),
    dropped: queue.dropped,
    register() {
      unregister = otlp.register(queue.add, tracesRatio);
    },
    async close() {
      unregister();
      await queue.close(CLOSE_MS);
      otlp.close();
    },
  };
}
