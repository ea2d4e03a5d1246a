// A real terminal around a process: `script` of util-linux, which Debian counts among its essential packages.

import { type StartedProcess, startProcess } from "./processes.ts";

/** The command line of this repository, for a shell. */
export const POSTRIDER = `${process.execPath} packages/cli/bin/postrider.js`;

/**
 * Starts a line for sh in a pseudo-terminal of this size. What is written goes to its keyboard; its exit code
 * is the line's.
 */
export function startInTerminal(
  line: string,
  environment: Record<string, string>,
  { rows = 24, columns = 100 } = {},
): StartedProcess {
  return startProcess(
    "script",
    ["--quiet", "--return", "--command", `stty rows ${rows} cols ${columns}; ${line}`, "/dev/null"],
    { TERM: "xterm", SHELL: "/bin/sh", ...environment },
  );
}
