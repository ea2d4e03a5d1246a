// The `postrider` command: the composition root. Only this file reads the environment and ends the process.

import { createProgram } from "./program.ts";

// biome-ignore lint/style/noProcessEnv: this is the main file; everything else is handed its settings.
const environment = { ...process.env };
// Neither the processes that this one starts nor a diagnostic report of Node's need the keys, or addresses
// that carry passwords.
const CREDENTIALS = ["SECRET_KEYS", "API_TOKENS", "REDIS_URL", "EGRESS_PROXY", "TOKEN", "URL"];
// biome-ignore lint/style/noProcessEnv: the same main file.
for (const name of CREDENTIALS) Reflect.deleteProperty(process.env, `POSTRIDER_${name}`);

const LINGER_MS = 1_000;

// Whoever reads has read enough, as `head` does: there is nobody left to tell.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const code = await createProgram({
  environment,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
// Natural exit, so that what is still being written gets there. What keeps the process alive for longer is a
// connection on which nobody waits any more: a library's loop around a Redis that is away.
process.exitCode = code;
setTimeout(() => process.exit(), LINGER_MS).unref();
