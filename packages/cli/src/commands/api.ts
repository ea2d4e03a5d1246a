// `postrider api`: the HTTP API, as Kubernetes runs it.

import type { Logger } from "@postrider/shared/log";
import type { Settings } from "@postrider/shared/settings/settings";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { whenToldToStop } from "../told-to-stop.ts";
import { withProducer } from "../with-producer.ts";
import { withTracing } from "../with-tracing.ts";
import { parentOption } from "./worker.ts";

export function addApi(program: Command, context: Context): void {
  program
    .command("api")
    .description("Serve the HTTP API until told to stop (SIGTERM, SIGINT)")
    .addOption(parentOption())
    .action(async ({ parent }: { parent?: number }) => {
      const settings = context.settings();
      const { createLogger } = await import("@postrider/shared/log");
      const { log, flush } = createLogger({ level: settings.logLevel, format: settings.logFormat });
      const told = new Promise<string>((resolve) => void whenToldToStop(resolve, parent));
      try {
        await serveApi(settings, log, { told, flush });
      } finally {
        await flush();
      }
    });
}

/** Serves the API until it is told to stop; resolves when what was in flight is answered. */
export async function serveApi(
  settings: Settings,
  log: Logger,
  { told, flush }: { readonly told: Promise<unknown>; readonly flush: () => Promise<void> },
): Promise<void> {
  const { createApi } = await import("@postrider/api/api");
  await withTracing(settings, "api", log, (tracing) =>
    withProducer(settings, async (producer) => {
      const api = await createApi({ producer, settings, log, tracing });
      await api.listen();
      void flush();
      log.info({ why: await told }, "API stopping");
      await api.close();
      log.info("API stopped");
    }),
  );
}
