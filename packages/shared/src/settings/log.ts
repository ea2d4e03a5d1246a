// Settings: what a process tells of itself.

import { z } from "zod";

export const logSettings = {
  logLevel: z
    .enum(["debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("`info` has one line per attempt."),
  logFormat: z
    .enum(["auto", "json", "pretty"])
    .default("auto")
    .describe("`auto`: pretty on a terminal, JSON elsewhere."),
};
