// The command line without a process of its own: the same program, its output caught. For tests of many
// commands.

import { PassThrough } from "node:stream";
import { createProgram } from "../../packages/cli/src/program.ts";

/** Runs a command to its end. */
export async function run(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const printed = { stdout: "", stderr: "" };
  stdout.setEncoding("utf8").on("data", (text: string) => (printed.stdout += text));
  stderr.setEncoding("utf8").on("data", (text: string) => (printed.stderr += text));
  const surroundings = { environment: { ...environment }, stdin, stdout, stderr };
  const code = await createProgram(surroundings, ["node", "postrider", ...args]);
  await Promise.all([stdout, stderr].map((stream) => finish(stream)));
  return { code, ...printed };
}

/** Resolves when all that was written has been read. */
function finish(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    stream.once("end", () => resolve());
    stream.end();
  });
}
