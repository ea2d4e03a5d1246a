// `postrider runs`: batches of deliveries and how far they are.

import type { Command } from "commander";
import { withProducer } from "../producer.ts";
import type { Context } from "../program.ts";
import { describeTime } from "../text.ts";

export function addRuns(program: Command, context: Context): void {
  const runs = program.command("runs").description("Batches of deliveries that were enqueued together");
  runs
    .command("show <run>")
    .description("Show a run's counters")
    .option("--json", "for programs")
    .action(async (id: string, { json }: { json?: boolean }) => {
      const run = await withProducer(context.settings(), (producer) => producer.runs.get(id));
      if (json === true) return context.output.json(run);
      const { failedByReason, ...facts } = run;
      context.output.line(
        `run ${facts.run}: ${facts.action} in lane ${facts.lane}, begun ${describeTime(facts.createdAt)}`,
      );
      context.output.table(
        ["ENQUEUED", "DELIVERED", "FAILED", "EXPIRED", "CANCELLED", "WAITING", "IN FLIGHT", "RETRIES"],
        [
          [
            facts.enqueued,
            facts.delivered,
            facts.failed,
            facts.expired,
            facts.cancelled,
            facts.waiting,
            facts.inFlight,
            facts.retries,
          ],
        ],
      );
      const reasons = Object.entries(failedByReason).filter(([, count]) => count > 0);
      if (reasons.length > 0)
        context.output.line(`failed: ${reasons.map(([reason, count]) => `${count} ${reason}`).join(", ")}`);
    });
}
