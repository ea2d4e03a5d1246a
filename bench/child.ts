// The processes that are measured: started alike, watched from outside, and never outliving the bench. Linux
// only: CPU times come from /proc, and the tie to the bench's life from setpriv.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";

export interface Child {
  readonly pid: number;
  /** Rejects when the process ends before it was told to. Never resolves: it is there to be raced against. */
  readonly failure: Promise<never>;
  /** SIGTERM, and SIGKILL when that has not helped in time. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** File that takes what it prints; a container's log costs a process about as much. */
  readonly log: string;
}

const STOP_MS = 10_000;
const SETPRIV = "/usr/bin/setpriv";
const LOG_CHARS_SHOWN = 2_000;

const running = new Set<Child>();

/** Stops every process that is still there, the latest first. */
export async function stopChildren(): Promise<void> {
  for (const child of [...running].reverse()) await child.stop();
}

/** Starts a process that the kernel kills when the bench dies, however that comes. */
export function startChild(command: readonly string[], { env = {}, log }: ChildOptions): Child {
  const [file = "", ...args] = existsSync(SETPRIV)
    ? [SETPRIV, "--pdeathsig", "KILL", "--", ...command]
    : command;
  const output = openSync(log, "a");
  // In a group of its own: Ctrl-C reaches the bench alone, which then stops its processes in order.
  const child = spawn(file, args, {
    stdio: ["ignore", output, output],
    env: toEnvironment(env),
    detached: true,
  });
  closeSync(output);
  let isStopping = false;
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(String(signal ?? code)));
  });
  const failure = new Promise<never>((_, reject) => {
    void exited.then((how) => {
      if (!isStopping)
        reject(new Error(`${command.join(" ")} ended early (${how}); what it printed last:\n${tail(log)}`));
    });
  });
  // Nobody may be listening at that moment; whoever waits for work to be done hears of it then.
  failure.catch(() => undefined);
  const started: Child = {
    pid: child.pid ?? 0,
    failure,
    async stop() {
      isStopping = true;
      await terminate(child, exited);
      running.delete(started);
    },
  };
  running.add(started);
  return started;
}

async function terminate(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(impatience);
}

/** The caller's own POSTRIDER_ settings would change one case and not the others. */
function toEnvironment(env: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("POSTRIDER_"));
  return { ...Object.fromEntries(inherited), NODE_ENV: "production", ...env };
}

/** The end of a log, for an error message. */
function tail(log: string): string {
  return existsSync(log) ? readFileSync(log, "utf8").slice(-LOG_CHARS_SHOWN) : "";
}

/** The kernel counts in ticks of 10 ms here (USER_HZ, the same on every Linux). */
const MICROS_PER_TICK = 10_000;

/** CPU time, user and system, that a child and all processes in its group have used so far. */
export async function cpuMicros({ pid }: Pick<Child, "pid">): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const ticks = await Promise.all(pids.map((other) => groupTicks(other, pid)));
  return ticks.reduce((sum, some) => sum + some, 0) * MICROS_PER_TICK;
}

/** proc(5): fields counted behind the command's name, which may itself hold spaces and brackets. */
async function groupTicks(pid: string, group: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (Number(fields[2]) !== group) return 0;
  // utime, stime, and those of children that have ended.
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}
