// `postrider tasks`: replays, purges and cancels that were begun by the API and go on by themselves.

import type { Task } from "@postrider/producer/tasks/task";
import { describeProblems } from "@postrider/shared/errors";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeTime, toVisible } from "../readable.ts";
import { withService } from "../with-service.ts";
import { parseCount } from "./arguments.ts";

export function addTasks(program: Command, context: Context): void {
  const { settings, output } = context;
  const group = program.command("tasks").description("Replays, purges and cancels that the API carries out");
  group
    .command("list")
    .description("List the latest tasks, newest first")
    .option("--limit <n>", "how many at most", parseCount, 50)
    .option("--json", "for programs")
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      const listed = await withService(settings(), ({ tasks }) => tasks.list(limit));
      if (json === true) return output.json({ tasks: listed });
      if (listed.length === 0) return output.line("no tasks; they are begun by POST /v1/tasks");
      output.table(["ID", "DO", "FILTER", "STATE", "LOOKED AT", "RESULT", "BY", "BEGUN"], listed.map(toRow));
    });
  group
    .command("show <id>")
    .description("Show a task: how far it is, and what came of it")
    .option("--json", "for programs")
    .action(async (id: string, { json }: { json?: boolean }) => {
      const task = await withService(settings(), ({ tasks }) => tasks.get(id));
      if (json === true) return output.json(task);
      show(task, context);
    });
  group
    .command("stop <id>")
    .description("Stop a task between two steps: what is done stays, and the rest is left alone")
    .option("--json", "for programs")
    .action(async (id: string, { json }: { json?: boolean }) => {
      const task = await withService(settings(), ({ tasks }) => tasks.stop(id));
      if (json === true) return output.json(task);
      output.line(task.isStopping ? `${id} stops after its step` : `${id} is ${task.state}`);
    });
}

function toRow(task: Task): unknown[] {
  const { id, by, createdAt } = task;
  return [
    id,
    task.do,
    describeFilter(task),
    describeState(task),
    describeProgress(task),
    describeCounts(task),
    by,
    describeTime(createdAt),
  ];
}

function show(task: Task, { output }: Context): void {
  const { id, by, createdAt, startedAt, endedAt, ratePerSecond, error } = task;
  output.line(`task         ${id}: ${task.do} ${describeFilter(task)}`);
  output.line(`state        ${describeState(task)}`);
  output.line(`looked at    ${describeProgress(task)}`);
  output.line(`result       ${describeCounts(task)}`);
  if (ratePerSecond !== undefined) output.line(`rate         ${ratePerSecond} a second`);
  output.line(`begun        ${describeTime(createdAt)} by ${by}`);
  if (startedAt !== null) output.line(`taken up     ${describeTime(startedAt)}`);
  if (endedAt !== null) output.line(`ended        ${describeTime(endedAt)}`);
  if (error !== null) output.line(`failed       ${toVisible(error.message)} (${error.code})`);
  if (error !== null && error.problems.length > 0) output.line(toVisible(describeProblems(error.problems)));
}

function describeState({ state, isStopping }: Task): string {
  return isStopping ? `${state}, stopping` : state;
}

function describeFilter({ filter }: Task): string {
  const parts = Object.entries(filter).map(([name, value]) => `${name} ${String(value)}`);
  return parts.length === 0 ? "all" : toVisible(parts.join(", "));
}

function describeProgress({ looked, of }: Task): string {
  return of === null ? "–" : `${looked} of ${of}`;
}

function describeCounts({ counts }: Task): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.map(([name, count]) => `${count} ${name}`).join(", ") || "–";
}
