// `postrider worker`: one worker process, as Kubernetes runs it.

import { createLogger } from "@postrider/shared/log";
import type { Settings } from "@postrider/shared/settings";
import { createWorker } from "@postrider/worker/worker";
import type { Command } from "commander";
import type { Context } from "../program.ts";

export function addWorker(program: Command, context: Context): void {
  program
    .command("worker")
    .description("Claim and send deliveries until told to stop (SIGTERM, SIGINT)")
    .option("--lanes <names>", "lanes to serve, separated by commas, instead of POSTRIDER_LANES")
    .action(async ({ lanes }: { lanes?: string }) => {
      if (lanes !== undefined) context.surroundings.environment["POSTRIDER_LANES"] = lanes;
      await runWorker(context.settings());
    });
}

/** Runs a worker until SIGTERM or SIGINT; a second signal ends the grace period at once. */
export async function runWorker(settings: Settings): Promise<void> {
  const { log, flush } = createLogger({ level: settings.logLevel, format: settings.logFormat });
  try {
    const worker = await createWorker(settings, log);
    const stop = (signal: string): void => {
      log.info({ signal }, "stopping");
      void worker.close();
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    log.info(
      { lanes: settings.lanes, concurrency: settings.concurrency, metricsPort: worker.metricsPort },
      "worker ready",
    );
    flush();
    await worker.run();
    await worker.close();
    log.info("stopped");
  } finally {
    flush();
  }
}
