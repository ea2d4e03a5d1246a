// The command line in this process: the same program, with streams of the test's own. Starting a process for
// each command takes a second and more.

import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { createProgram } from "../../packages/cli/src/program.ts";
import { LOOPBACK } from "./network.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end; `input` is its standard input. */
export async function run(
  args: readonly string[],
  environment: Record<string, string> = {},
  input = "",
): Promise<Ran> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const read = Promise.all([text(stdout), text(stderr)]);
  const code = await createProgram(
    { environment: { ...LOOPBACK, ...environment }, stdin: Readable.from([input]), stdout, stderr },
    ["node", "postrider", ...args],
  );
  stdout.end();
  stderr.end();
  const [out, err] = await read;
  return { code, stdout: out, stderr: err };
}
