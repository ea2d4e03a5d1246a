// `postrider top`: a live view of lanes, destinations in trouble, runs under way and workers.

import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { TopOptions } from "../top/run-top.ts";
import { parseInterval } from "./arguments.ts";

const INTERVAL_S = 2;

export function addTop(program: Command, context: Context): void {
  program
    .command("top")
    .description(
      "Watch lanes, destinations in trouble, runs and workers; keys pause, resume, limit and cancel",
    )
    .option("--interval <seconds>", "time between two looks", parseInterval, INTERVAL_S)
    .option("--once", "print it once, as plain text, after a second (rates need two looks)")
    .option("--json", "one JSON object a look, for programs; with --once a single one")
    .action(async (options: TopOptions) => {
      const { runTop } = await import("../top/run-top.ts");
      await runTop(options, context);
    });
}
