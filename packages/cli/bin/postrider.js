#!/usr/bin/env node
// The command as npm links it: a file that exists before the build does, and says so when the build is missing.
import { existsSync } from "node:fs";
import module from "node:module";

// Node 22 and newer keep what they have compiled for the next start.
module.enableCompileCache?.();

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write("postrider is not built yet: run npm run build first\n");
  process.exitCode = 1;
}
