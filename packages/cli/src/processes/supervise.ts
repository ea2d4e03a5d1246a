// `postrider worker` with several processes: starts them, answers for them on one port, replaces one that
// ends, and ends when they have.

import { availableParallelism } from "node:os";
import { createLogger, type Logging } from "@postrider/shared/log";
import type { Settings } from "@postrider/shared/settings/settings";
import { type Probes, serveProbes } from "@postrider/worker/probes";
import { createAddedSeries } from "@postrider/worker/record/added-series";
import { whenToldToStop } from "../told-to-stop.ts";
import { type Crew, createCrew } from "./crew.ts";
import { createCrewSigns } from "./crew-signs.ts";
import { startProcess } from "./start-process.ts";

/**
 * Runs workers until they are told to stop as a single one is, each within its own grace period.
 * @param nodeOptions NODE_OPTIONS of the environment.
 * @returns the exit code: 1 where one of them did not end well.
 * @throws what a single one throws that cannot begin, and `processes_end`.
 */
export async function superviseWorkers(
  settings: Settings,
  nodeOptions: string | undefined,
  parent?: number,
): Promise<number> {
  const logging = createLogger({ level: settings.logLevel, format: settings.logFormat });
  const told = new Promise<string>((resolve) => void whenToldToStop(resolve, parent));
  const added = createAddedSeries();
  const crew = createCrew({
    count: settings.processes === "auto" ? availableParallelism() : settings.processes,
    start: (number, probedAt) =>
      startProcess({ number, settings, probedAt, pass: logging.pass, nodeOptions }),
    log: logging.log,
    onGone(process) {
      const latest = process.latest();
      if (latest !== null) added.keep(latest);
    },
  });
  const signs = createCrewSigns(crew, added);
  // The port comes first: the processes are told it, and where it is taken none is started.
  const probes = await serveProbes({ signs, host: settings.metricsHost, port: settings.metricsPort });
  crew.begin(probes.port);
  logging.log.info({ processes: crew.places.length, metricsPort: probes.port }, "worker processes started");
  void logging.flush();
  return await untilEnded(crew, told, probes, logging);
}

async function untilEnded(
  crew: Crew,
  told: Promise<string>,
  probes: Probes,
  { log, flush }: Logging,
): Promise<number> {
  try {
    const why = await Promise.race([told, crew.lost]);
    if (typeof why !== "string") {
      await crew.stop("no process can be started");
      throw why;
    }
    log.info({ why }, "stopping");
    const endedWell = await crew.stop(why);
    log.info("stopped");
    return endedWell ? 0 : 1;
  } finally {
    await probes.close();
    await flush();
  }
}
