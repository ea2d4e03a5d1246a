// `postrider status`: what lies in the lanes.

import type { Command } from "commander";
import { withProducer } from "../producer.ts";
import type { Context } from "../program.ts";
import { describeDuration } from "../text.ts";

export function addStatus(program: Command, context: Context): void {
  program
    .command("status")
    .description("Show what lies in the lanes")
    .option("--json", "for programs")
    .action(async ({ json }: { json?: boolean }) => {
      const settings = context.settings();
      const lanes = await withProducer(settings, async (producer) =>
        Promise.all(settings.lanes.map(async (lane) => ({ lane, ...(await producer.lanes.backlog(lane)) }))),
      );
      if (json === true) return context.output.json({ lanes });
      context.output.table(
        ["LANE", "WAITING", "DELAYED", "IN FLIGHT", "DEAD LETTERS", "OLDEST WAITS FOR"],
        lanes.map(({ lane, waiting, delayed, inFlight, deadLetters, oldestAgeMs }) => [
          lane,
          waiting,
          delayed,
          inFlight,
          deadLetters,
          waiting === 0 ? "–" : describeDuration(oldestAgeMs),
        ]),
      );
    });
}
