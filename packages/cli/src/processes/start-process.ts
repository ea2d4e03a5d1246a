// A worker process as the one that started it sees it.

import { fork } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { within } from "@postrider/redis/within";
import type { Settings } from "@postrider/shared/settings/settings";
import type { ToldSeries } from "@postrider/worker/record/added-series";
import { withYoungGeneration } from "./generations.ts";
import type { Answers, Failure, FromProcess, ToProcess } from "./messages.ts";

export interface EndOfProcess {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it said of itself; null: nothing. */
  readonly failure: Failure | null;
}

export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Whether it has begun to claim. */
  isReady(): boolean;
  hasEnded(): boolean;
  /** Null where it does not answer soon. */
  ask<W extends keyof Answers>(what: W): Promise<Answers[W] | null>;
  /** What it told last of its series; null: nothing yet. */
  latest(): ToldSeries | null;
  stop(why: string): void;
  readonly ended: Promise<EndOfProcess>;
}

export interface StartOptions {
  /** Counted from 1. */
  readonly number: number;
  readonly settings: Settings;
  readonly probedAt: number;
  /** Takes whole lines of its log. */
  readonly pass: (lines: string) => void;
  /** NODE_OPTIONS, which it inherits like the rest of the environment. */
  readonly nodeOptions: string | undefined;
}

/** Below what a prober waits for, and far above what a process takes that is only busy. */
const ANSWER_MS = 3_000;

const FILE = new URL(
  import.meta.url.endsWith(".ts") ? "./worker-process.ts" : "./worker-process.js",
  import.meta.url,
);

export function startProcess(options: StartOptions): WorkerProcess {
  const { number, settings, probedAt, pass, nodeOptions } = options;
  const child = fork(fileURLToPath(FILE), [String(number)], {
    execArgv: [...withYoungGeneration(process.execArgv, nodeOptions)],
    // Settings hold bytes and numbers, which JSON would change.
    serialization: "advanced",
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const questions = new Map<number, (answer: Answers[keyof Answers]) => void>();
  let asked = 0;
  let isReady = false;
  let hasEnded = false;
  let failure: Failure | null = null;
  let latest: ToldSeries | null = null;
  // To a process that is gone there is nothing to say, and its end is told apart.
  const tell = (message: ToProcess): void => void child.send?.(message, () => undefined);
  child.on("message", (message: FromProcess) => {
    if (message.kind === "ready") isReady = true;
    else if (message.kind === "failed") failure = message.failure;
    else questions.get(message.id)?.(message.answer);
  });
  child.once("exit", () => {
    hasEnded = true;
  });
  // Where it could not be started, it has none of what a process has.
  if (child.stdout) passLines(child.stdout, pass);
  const ended = new Promise<EndOfProcess>((resolve) => {
    child.once("error", (error) => {
      failure ??= { code: null, message: error.message, problems: [] };
      // One that could not be started at all has no end.
      if (child.pid === undefined) resolve({ code: null, signal: null, failure });
    });
    child.once("close", (code, signal) => resolve({ code, signal, failure }));
  });
  tell({ kind: "begin", number, settings, probedAt });

  const ask: WorkerProcess["ask"] = async <W extends keyof Answers>(what: W) => {
    if (!child.connected) return null;
    asked += 1;
    const id = asked;
    const answered = new Promise<Answers[W]>((resolve) => {
      questions.set(id, (answer) => resolve(answer as Answers[W]));
      tell({ kind: "ask", id, what });
    });
    const answer = await within(ANSWER_MS, answered);
    questions.delete(id);
    if (what === "series" && answer !== null) latest = answer as ToldSeries;
    return answer;
  };
  return {
    pid: child.pid,
    isReady: () => isReady,
    hasEnded: () => hasEnded,
    ask,
    latest: () => latest,
    stop: (why) => tell({ kind: "stop", why }),
    ended,
  };
}

const NEWLINE = 10;

/** Hands on whole lines as they come, many at once. What a killed process left unfinished is no line. */
export function passLines(from: Readable, pass: (lines: string) => void): void {
  let rest: Buffer[] = [];
  from.on("data", (chunk: Buffer) => {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      pass(Buffer.concat([...rest, chunk.subarray(0, end)]).toString());
      rest = [];
    }
    if (end < chunk.length) rest.push(chunk.subarray(end));
  });
}
