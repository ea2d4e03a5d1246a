// The place of one worker process among several: it is filled again when its process ends, at once where that
// had worked for a while, and after a growing wait where it ended as soon as it was started.

import type { Logger } from "@postrider/shared/log";
import type { EndOfProcess, WorkerProcess } from "./start-process.ts";

/** Who has lived for so long has not failed at its start. */
const STEADY_MS = 10_000;
const WAIT_MS = 1_000;
const WAIT_MS_MAX = 30_000;

export interface Place {
  readonly number: number;
  begin(): void;
  /** Null while the next one is waited for. */
  current(): WorkerProcess | null;
  /** How many in a row have ended as soon as they were started. */
  earlyEnds(): number;
  /** Starts no other, and tells the one that is there to stop. @returns how it ended; null: there is none. */
  stop(why: string): Promise<EndOfProcess | null>;
}

export interface PlaceOptions {
  readonly number: number;
  readonly start: () => WorkerProcess;
  readonly log: Logger;
  /** A process has ended that nobody has told to; null where it could not even be started. */
  readonly onEnd: (ended: EndOfProcess, process: WorkerProcess | null) => void;
}

/** A place that is filled from `begin` on. */
export function createPlace({ number, start, log, onEnd }: PlaceOptions): Place {
  let current: WorkerProcess | null = null;
  let earlyEnds = 0;
  let isStopping = false;
  let waiting: NodeJS.Timeout | undefined;
  const fillLater = (): number => {
    const waitMs = toWaitMs(earlyEnds);
    waiting = setTimeout(fill, waitMs);
    return waitMs;
  };
  const fill = (): void => {
    const begun = performance.now();
    let process: WorkerProcess;
    try {
      process = start();
    } catch (error) {
      // As where memory is short: those that there are go on.
      earlyEnds += 1;
      log.error(
        { process: number, detail: String(error), delayMs: fillLater() },
        "worker process not started",
      );
      const failure = { code: null, message: `no process can be started: ${String(error)}`, problems: [] };
      onEnd({ code: null, signal: null, failure }, null);
      return;
    }
    current = process;
    log.info({ process: number, pid: process.pid ?? null }, "worker process started");
    void process.ended.then((ended) => {
      if (isStopping) return;
      current = null;
      earlyEnds = performance.now() - begun >= STEADY_MS ? 0 : earlyEnds + 1;
      const { code, signal, failure } = ended;
      log.error(
        { process: number, exitCode: code, signal, detail: failure?.message ?? null, delayMs: fillLater() },
        "worker process ended; another one takes its place",
      );
      onEnd(ended, process);
    });
  };
  return {
    number,
    begin: fill,
    current: () => current,
    earlyEnds: () => earlyEnds,
    async stop(why) {
      isStopping = true;
      clearTimeout(waiting);
      current?.stop(why);
      return (await current?.ended) ?? null;
    },
  };
}

/** How long to wait before another one is started, after so many that have ended at their start. */
export function toWaitMs(earlyEnds: number): number {
  return earlyEnds === 0 ? 0 : Math.min(WAIT_MS_MAX, WAIT_MS * 2 ** (earlyEnds - 1));
}
