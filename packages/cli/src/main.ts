// The `postrider` command: the composition root. Only this file reads the environment and ends the process.

import { createProgram } from "./program.ts";

const code = await createProgram({
  // biome-ignore lint/style/noProcessEnv: this is the main file; everything else is handed its settings.
  environment: { ...process.env },
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
// Natural exit, so that what is still being written to a pipe gets there.
process.exitCode = code;
