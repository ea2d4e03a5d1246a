// `postrider worker`: one worker process, as Kubernetes runs it, or several behind one command.

import type { Settings } from "@postrider/shared/settings/settings";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import type { Beside } from "../run-worker.ts";
import { whenToldToStop } from "../told-to-stop.ts";
import { refuseUrl } from "../with-producer.ts";
import { parseWhole } from "./whole.ts";

interface Options {
  readonly lanes?: string;
  readonly processes?: string;
  readonly parent?: number;
}

export function addWorker(program: Command, context: Context): void {
  const { environment } = context.surroundings;
  program
    .command("worker")
    .description("Claim and send deliveries until told to stop (SIGTERM, SIGINT)")
    .option("--lanes <names>", "lanes to serve, separated by commas, instead of POSTRIDER_LANES")
    .option("--processes <count>", "processes to start, auto for one a core, instead of POSTRIDER_PROCESSES")
    .addOption(parentOption())
    .action(async ({ lanes, processes, parent }: Options) => {
      if (lanes !== undefined) environment["POSTRIDER_LANES"] = lanes;
      if (processes !== undefined) environment["POSTRIDER_PROCESSES"] = processes;
      const settings = context.settings();
      if (settings.processes === 1) return await runWorker(settings, parent);
      refuseUrl(settings);
      const { superviseWorkers } = await import("../processes/supervise.ts");
      context.end(await superviseWorkers(settings, environment["NODE_OPTIONS"], parent));
    });
}

/** For scripts that start one beside themselves. */
export function parentOption(): Option {
  return new Option("--parent <pid>", "stop when this process, which started it, is gone").argParser(
    parseWhole(1, Number.MAX_SAFE_INTEGER),
  );
}

/**
 * Runs a worker until SIGTERM, SIGINT or the end of a parent; a second signal ends the grace period at once.
 */
export async function runWorker(settings: Settings, parent?: number, beside?: Beside): Promise<void> {
  refuseUrl(settings);
  const { createLogger } = await import("@postrider/shared/log");
  const logging = createLogger({ level: settings.logLevel, format: settings.logFormat });
  const told = new Promise<string>((resolve) => void whenToldToStop(resolve, parent));
  try {
    const { runUntilTold } = await import("../run-worker.ts");
    await runUntilTold({ settings, logging, told, ...(beside && { beside }) });
  } finally {
    await logging.flush();
  }
}
