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
      const lanes = await withProducer(settings, async (producer) => {
        const [known, served] = await Promise.all([producer.lanes.known(), producer.lanes.served()]);
        const names = [...new Set([...settings.lanes, ...known.sort()])];
        return Promise.all(
          names.map(async (lane) => ({
            lane,
            isServed: served.includes(lane),
            ...(await producer.lanes.backlog(lane)),
          })),
        );
      });
      if (json === true) return context.output.json({ lanes });
      context.output.table(
        ["LANE", "SERVED", "WAITING", "DELAYED", "IN FLIGHT", "DEAD LETTERS", "OLDEST WAITS FOR"],
        lanes.map(({ lane, isServed, waiting, delayed, inFlight, deadLetters, oldestAgeMs }) => [
          lane,
          isServed ? "yes" : "no",
          waiting,
          delayed,
          inFlight,
          deadLetters,
          waiting === 0 ? "–" : describeDuration(oldestAgeMs),
        ]),
      );
    });
}
