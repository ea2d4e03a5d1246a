// Settings: what a process tells of itself.

import { z } from "zod";
import { integer } from "./parsers.ts";

export const logSettings = {
  logLevel: z
    .enum(["debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("`info` has a line per attempt (logs.md)."),
  logAttemptsPerSecond: integer(0, 1_000_000)
    .default(100)
    .describe(
      "Lines of attempts that delivered, per second and worker process; what goes beyond is left out and counted. All other attempts have their line always.",
    ),
  logFormat: z
    .enum(["auto", "json", "pretty"])
    .default("auto")
    .describe("`auto`: pretty on a terminal, JSON elsewhere."),
};
