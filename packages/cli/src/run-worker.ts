// One worker in this process, from its connecting to its end.

import type { Logging } from "@postrider/shared/log";
import type { Settings } from "@postrider/shared/settings/settings";
import type { ProcessSigns } from "@postrider/worker/signs";
import { boundOldGeneration } from "./processes/generations.ts";

/** What runs beside a worker in the same process, until that is told to stop. */
export type Beside = (
  log: Logging["log"],
  until: { readonly told: Promise<unknown>; readonly flush: Logging["flush"] },
) => Promise<void>;

export interface Running {
  readonly settings: Settings;
  readonly logging: Pick<Logging, "log" | "flush">;
  /** Why it should stop. Heard from the first moment on: to get ready waits for Redis as long as it takes. */
  readonly told: Promise<string>;
  readonly beside?: Beside;
  /** The port at which another process answers for this one; absent: it answers itself. */
  readonly probedAt?: number;
  readonly onReady?: (signs: ProcessSigns) => void;
}

/** Runs a worker until it is told to stop. @throws what `createWorker` throws. */
export async function runUntilTold(running: Running): Promise<void> {
  const { settings, logging, told, beside, probedAt, onReady } = running;
  const { log, flush } = logging;
  boundOldGeneration(process.execArgv);
  const { createWorker } = await import("@postrider/worker/worker");
  const options = probedAt === undefined ? {} : { probedAt };
  const worker = await Promise.race([createWorker(settings, log, options), told]);
  if (typeof worker === "string") return log.info({ why: worker }, "stopped before it was ready");
  void told.then((why) => {
    log.info({ why }, "stopping");
    void worker.close();
  });
  log.info(
    { lanes: settings.lanes, concurrency: settings.concurrency, metricsPort: worker.metricsPort },
    "worker ready",
  );
  void flush();
  const besides = beside?.(log, { told, flush });
  // Where that fails, as for a port that is taken, there is nothing to go on for.
  besides?.catch(() => worker.close());
  const serving = worker.run();
  onReady?.(worker.signs);
  await serving;
  await worker.close();
  await besides;
  log.info("stopped");
}
