// Traces for as long as something of a process runs that enqueues: set up before it is made, and sent to the
// end when it is over.

import type { Settings } from "@postrider/shared/settings/settings";
import type { TracingLog } from "@postrider/shared/tracing/span-queue";
import { startTracing, type Tracing } from "@postrider/shared/tracing/tracing";

/** @param role what this process calls itself in traces: `postrider-<role>`. */
export async function withTracing<T>(
  settings: Settings,
  role: string,
  log: TracingLog,
  work: (tracing: Tracing | null) => Promise<T>,
): Promise<T> {
  const tracing = await startTracing(settings, role, log);
  // Producers look for it when they are made.
  tracing?.register();
  try {
    return await work(tracing);
  } finally {
    await tracing?.close();
  }
}
