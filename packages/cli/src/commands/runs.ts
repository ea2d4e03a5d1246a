// `postrider runs`: batches of deliveries: how far they are, and the switches that stop and let go of them.

import type { Run } from "@postrider/producer/runs/run";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeDuration, describeTime } from "../readable.ts";
import type { Service } from "../service.ts";
import { withService } from "../with-service.ts";
import { parseCount, parseSeconds } from "./arguments.ts";
import { waitForRun } from "./wait.ts";

export function addRuns(program: Command, context: Context): void {
  const group = program.command("runs").description("Batches of deliveries that were enqueued together");
  group
    .command("list")
    .description("List runs, the newest first")
    .option("--limit <n>", "how many at most", parseCount, 20)
    .option("--json", "for programs")
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      const runs = await withService(context.settings(), (producer) => producer.runs.list(limit));
      if (json === true) return context.output.json({ runs });
      if (runs.length === 0) return context.output.line("no runs");
      context.output.table(
        ["RUN", "STATE", "ACTION", "BEGUN", ...COUNTERS, "PER SECOND", "ENDS"],
        runs.map((run) => [
          run.run,
          run.state,
          run.action,
          describeTime(run.createdAt),
          ...toCounters(run),
          run.endedPerSecond,
          describeEnd(run),
        ]),
      );
    });
  group
    .command("show <run>")
    .description("Show a run's state, counters, rate and estimated end")
    .option("--json", "for programs")
    .action(async (id: string, { json }: { json?: boolean }) => {
      const run = await withService(context.settings(), (producer) => producer.runs.get(id));
      if (json === true) context.output.json(run);
      else show(run, context);
    });
  group
    .command("wait <run>")
    .description("Wait until a run is over; exit code 0 only when all of it was delivered")
    .option(
      "--timeout <seconds>",
      "give up after this time (default: wait as long as it takes)",
      parseSeconds,
    )
    .option("--json", "for programs")
    .action(async (id: string, { timeout, json }: { timeout?: number; json?: boolean }) => {
      const isQuiet = json === true;
      const run = await withService(context.settings(), (producer) =>
        waitForRun(producer, id, { timeoutMs: timeout && timeout * 1_000, isQuiet, context }),
      );
      if (isQuiet) context.output.json(run);
      else show(run, context);
    });
  addSwitch(
    group,
    context,
    "close",
    "Say that no more will be enqueued, so that the run can be completed",
    (runs, id) => runs.close(id),
  );
  addSwitch(group, context, "pause", "Send nothing more of a run until it is resumed", (runs, id) =>
    runs.pause(id),
  );
  addSwitch(group, context, "resume", "Go on with a paused run", (runs, id) => runs.resume(id));
  addSwitch(
    group,
    context,
    "cancel",
    "Send nothing more of a run, ever: what waits ends as cancelled",
    (runs, id) => runs.cancel(id),
  );
  addSwitch(group, context, "release", "Let a held run go, or one delivery of it", (runs, id, delivery) =>
    runs.release(id, delivery),
  ).option("--delivery <id>", "only this one");
}

interface SwitchOptions {
  readonly delivery?: string;
  readonly json?: boolean;
}

/** A command that changes a run, and shows it as it stands then. */
function addSwitch(
  group: Command,
  context: Context,
  name: string,
  description: string,
  change: (runs: Service["runs"], run: string, delivery: string | undefined) => Promise<void>,
): Command {
  return group
    .command(`${name} <run>`)
    .description(description)
    .option("--json", "for programs")
    .action(async (id: string, { delivery, json }: SwitchOptions) => {
      const run = await withService(context.settings(), async ({ runs }) => {
        await change(runs, id, delivery);
        return runs.get(id);
      });
      if (json === true) return context.output.json(run);
      show(run, context);
      if (name === "pause" && run.state === "completed")
        context.output.note(
          "nothing of it waits; what is replayed or enqueued later does, until runs resume",
        );
    });
}

const COUNTERS = [
  "ENQUEUED",
  "DELIVERED",
  "FAILED",
  "EXPIRED",
  "CANCELLED",
  "WAITING",
  "IN FLIGHT",
  "RETRIES",
];

function toCounters(run: Run): number[] {
  const { enqueued, delivered, failed, expired, cancelled, waiting, inFlight, retries } = run;
  return [enqueued, delivered, failed, expired, cancelled, waiting, inFlight, retries];
}

function show(run: Run, { output }: Context): void {
  const { failedByReason, createdAt, endedPerSecond } = run;
  output.line(
    `run ${run.run}: ${run.state}; ${run.action} in lane ${run.lane}, begun ${describeTime(createdAt)}`,
  );
  output.table(COUNTERS, [toCounters(run)]);
  if (run.completedAt !== null) output.line(`completed ${describeTime(run.completedAt)}`);
  else if (run.closedAt === null && run.waiting + run.inFlight === 0)
    output.line("nothing of it is left; more may come until somebody says runs close");
  const reasons = Object.entries(failedByReason).filter(([, count]) => count > 0);
  if (reasons.length > 0)
    output.line(`failed: ${reasons.map(([reason, count]) => `${count} ${reason}`).join(", ")}`);
  const { lost, surplus } = run.imbalance;
  if (lost > 0)
    output.line(
      `${lost} of them are in no lane any more, as when keys are deleted or evicted; enqueue the same run again to send those whose data are gone`,
    );
  if (surplus > 0) output.line(`${surplus} more wait than these counters know of`);
  if (endedPerSecond !== null && run.waiting + run.inFlight > 0)
    output.line(
      endedPerSecond === 0
        ? "none has ended lately"
        : `${endedPerSecond} end per second; the last one ${describeEnd(run) ?? "at no time yet"}`,
    );
}

function describeEnd({ endsAt }: Run): string | null {
  if (endsAt === null) return null;
  return `in ${describeDuration(Math.max(0, endsAt - Date.now()))}, at ${describeTime(endsAt)}`;
}
