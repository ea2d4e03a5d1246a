// Real processes, with everything they print, that never outlive their test.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";
import { keyPrefix } from "./key-prefix.ts";
import { LOOPBACK } from "./network.ts";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartedProcess {
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly exited: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  write(text: string): void;
  endInput(): void;
  waitForOutput(pattern: RegExp, limitMs?: number): Promise<RegExpExecArray>;
  [Symbol.asyncDispose](): Promise<void>;
}

const CLI = fileURLToPath(new URL("../../packages/cli/bin/postrider.js", import.meta.url));
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Starts the built command line with nothing of this environment but PATH and HOME, under the key prefix of
 * this test file; it may send to this machine.
 */
export function startPostrider(
  args: readonly string[],
  environment: Record<string, string> = {},
): StartedProcess {
  return startProcess(process.execPath, [CLI, ...args], { ...LOOPBACK, ...environment });
}

/** Runs the built command line to its end; `input` goes to its standard input. */
export async function postrider(
  args: readonly string[],
  environment: Record<string, string> = {},
  input = "",
): Promise<Ended & { stdout: string; stderr: string }> {
  await using child = startPostrider(args, environment);
  child.write(input);
  child.endInput();
  const ended = await child.exited;
  return { ...ended, stdout: child.stdout, stderr: child.stderr };
}

export function startProcess(
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): StartedProcess {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { PATH, HOME, POSTRIDER_KEY_PREFIX: keyPrefix, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const read = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (read.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (read.stderr += text));
  // A process that ends without reading its input is no fault of the test.
  child.stdin.on("error", () => undefined);
  const exited = untilClosed(child);
  // Also where a test runs out of time, and its own end never comes.
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  void exited.finally(() => process.off("exit", kill)).catch(() => undefined);
  return {
    pid: child.pid ?? -1,
    get stdout() {
      return read.stdout;
    },
    get stderr() {
      return read.stderr;
    },
    exited,
    kill: (signal) => void child.kill(signal),
    write: (text) => void child.stdin.write(text),
    endInput: () => void child.stdin.end(),
    waitForOutput: (pattern, limitMs) =>
      eventually(() => {
        const match = pattern.exec(read.stdout + read.stderr);
        if (match === null) throw new Error(`${pattern} did not appear in:\n${read.stdout}\n${read.stderr}`);
        return match;
      }, limitMs),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}

function untilClosed(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}
