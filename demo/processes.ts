// The demo's child processes: started, watched, and never left behind.

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CLI = join(ROOT, "packages/cli/bin/postrider.js");

export interface Processes {
  /** Runs the command line to its end. @throws with its own words when it fails. */
  postrider(...args: string[]): Promise<string>;
  /** Starts something that runs until it is stopped; its output goes to a file of that name. */
  start(name: string, command: "worker" | "receiver", args: readonly string[]): ChildProcess;
  /** Ends all that still run: politely, then not. Nothing can be started after it. */
  stopAll(): Promise<void>;
}

const STOP_MS = 10_000;
const STOPPED = "the demo is being stopped";

export function createProcesses(directory: string, environment: Record<string, string>): Processes {
  const running = new Set<ChildProcess>();
  let isStopped = false;
  const watch = (child: ChildProcess): void => {
    running.add(child);
    child.once("exit", () => running.delete(child));
  };
  const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...environment };
  return {
    postrider(...args) {
      return new Promise((resolve, reject) => {
        if (isStopped) return reject(new Error(STOPPED));
        const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
        watch(child);
        let stdout = "";
        let stderr = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
        child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        child.once("error", reject);
        child.once("close", (code) =>
          code === 0
            ? resolve(stdout)
            : reject(new Error(`postrider ${args.join(" ")} ended with ${code}:\n${stderr}`)),
        );
      });
    },
    start(name, command, args) {
      if (isStopped) throw new Error(STOPPED);
      // The receiver watches its input; a worker watches its parent. Neither outlives the demo, however it
      // ends.
      const script =
        command === "worker"
          ? [CLI, "worker", "--parent", String(process.pid), ...args]
          : ["--import", "tsx", join(ROOT, "demo/receiver.ts"), ...args];
      // Groups of their own: Ctrl-C is for the demo, which then stops them in order.
      const child = spawn(process.execPath, script, {
        cwd: ROOT,
        env,
        stdio: ["pipe", "pipe", "pipe"],
        detached: true,
      });
      const log = createWriteStream(join(directory, `${name}.log`));
      child.stdout.pipe(log, { end: false });
      child.stderr.pipe(log, { end: false });
      watch(child);
      return child;
    },
    async stopAll() {
      isStopped = true;
      await Promise.all([...running].map(stop));
    },
  };
}

/** SIGTERM, and SIGKILL when that does not help. */
export function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
