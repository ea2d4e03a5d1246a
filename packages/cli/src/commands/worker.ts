// `postrider worker`: one worker process, as Kubernetes runs it.

import type { Logger } from "@postrider/shared/log";
import type { Settings } from "@postrider/shared/settings/settings";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { whenToldToStop } from "../told-to-stop.ts";
import { refuseUrl } from "../with-producer.ts";
import { parseWhole } from "./whole.ts";

export function addWorker(program: Command, context: Context): void {
  program
    .command("worker")
    .description("Claim and send deliveries until told to stop (SIGTERM, SIGINT)")
    .option("--lanes <names>", "lanes to serve, separated by commas, instead of POSTRIDER_LANES")
    .addOption(parentOption())
    .action(async ({ lanes, parent }: { lanes?: string; parent?: number }) => {
      if (lanes !== undefined) context.surroundings.environment["POSTRIDER_LANES"] = lanes;
      await runWorker(context.settings(), parent);
    });
}

/** For scripts that start one beside themselves. */
export function parentOption(): Option {
  return new Option("--parent <pid>", "stop when this process, which started it, is gone").argParser(
    parseWhole(1, Number.MAX_SAFE_INTEGER),
  );
}

/** What runs beside a worker in the same process, until that is told to stop. */
export type Beside = (
  log: Logger,
  until: { readonly told: Promise<unknown>; readonly flush: () => Promise<void> },
) => Promise<void>;

/**
 * Runs a worker until SIGTERM, SIGINT or the end of a parent; a second signal ends the grace period at once.
 */
export async function runWorker(settings: Settings, parent?: number, beside?: Beside): Promise<void> {
  refuseUrl(settings);
  const { createLogger } = await import("@postrider/shared/log");
  const { log, flush } = createLogger({ level: settings.logLevel, format: settings.logFormat });
  // Heard from the first moment on: getting ready waits for Redis as long as it takes.
  const told = new Promise<string>((resolve) => void whenToldToStop(resolve, parent));
  try {
    const { createWorker } = await import("@postrider/worker/worker");
    const worker = await Promise.race([createWorker(settings, log), told]);
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
    await worker.run();
    await worker.close();
    await besides;
    log.info("stopped");
  } finally {
    await flush();
  }
}
