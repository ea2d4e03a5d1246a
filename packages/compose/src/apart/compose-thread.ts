// A thread in which one delivery after the other is composed, seen from the process: it is stopped where one
// takes too long or too much.

import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { ComposeLimits, ComposerLimits } from "../limits.ts";
import type { Composed } from "../request.ts";
import { INTERRUPTED, toTooCostly, toUnready } from "./stopped.ts";
import type { FromThread, Task } from "./thread.ts";

/** Whoever waits for a thread of a machine that gives it nothing must wait no longer. */
const PATIENCE = 10;
/** How soon it is looked again at least. */
const LOOK_MS = 20;

const YOUNG_HEAP_MB_MAX = 16;

/** The built file, also where this one runs from its source: a thread has no loader for TypeScript. */
const THREAD_FILE = new URL(
  import.meta.url.endsWith(".ts") ? "../../dist/apart/thread.js" : "./thread.js",
  import.meta.url,
);

/** User and system, of all threads: what one of them has had is no more. */
export function cpuMsOfProcess(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/**
 * Calls `over` when so much time has gone by, of CPU, too, or ten times as much has been waited: a machine
 * that is short of CPU, or stands still, is no template's fault. @returns what calls it off.
 */
function startDeadline(ms: number, cpuMs: () => number, over: () => void): () => void {
  const cpuBefore = cpuMs();
  let waitedMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let isOff = false;
  const look = (): void => {
    if (isOff) return;
    const lackingMs = ms - (cpuMs() - cpuBefore);
    if (lackingMs > 0 && waitedMs < ms * PATIENCE) wait(Math.max(LOOK_MS, lackingMs));
    else over();
  };
  // Where this thread has stood still the answer lies here already, and comes before an immediate.
  const wait = (forMs: number): void => {
    waitedMs += forMs;
    timer = setTimeout(() => setImmediate(look), forMs);
  };
  wait(ms);
  return () => {
    isOff = true;
    clearTimeout(timer);
  };
}

export interface Thread {
  /** A thread that waits for a task does not keep the process; a task does. */
  run(task: Task): Promise<Composed>;
  isAlive(): boolean;
  stop(): Promise<void>;
}

export function startThread(
  { composeMsMax, heapMbMax, compose }: ComposerLimits,
  cpuMs: () => number,
): Thread {
  // One on the command line, which this thread has had the use of, would go before the other thread's limit.
  setFlagsFromString("--max-semi-space-size=0");
  const worker = new Worker(THREAD_FILE, {
    execArgv: [],
    // By its own clock it would be out of time where it gets no CPU.
    workerData: { ...compose, renderMsMax: Number.POSITIVE_INFINITY } satisfies ComposeLimits,
    // Templates run here: nothing of the process' settings belongs near them.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: heapMbMax, maxYoungGenerationSizeMb: YOUNG_HEAP_MB_MAX },
  });
  let isAlive = true;
  let whyDead: Composed | null = null;
  let settle: ((composed: Composed) => void) | null = null;
  const ready = new Promise<void>((resolve) => {
    worker.once("message", () => resolve());
    worker.once("exit", () => resolve());
  });
  worker.on("message", (message: FromThread) => {
    if (message !== "ready") settle?.(message);
  });
  const die = (last: Composed): void => {
    isAlive = false;
    whyDead ??= last;
    settle?.(whyDead);
  };
  worker.on("error", (error) => die(toLastWord(error, heapMbMax)));
  // Without an error, and not for its time: it was told to stop from here.
  worker.on("exit", () => die(INTERRUPTED));

  return {
    isAlive: () => isAlive,
    async run(task) {
      worker.ref();
      await ready;
      return new Promise((resolve) => {
        const callOff = startDeadline(composeMsMax, cpuMs, () => {
          die(toTooCostly(`it took longer than ${composeMsMax} ms`));
          void worker.terminate();
        });
        settle = (composed) => {
          callOff();
          settle = null;
          worker.unref();
          resolve(composed);
        };
        if (whyDead !== null) return settle(whyDead);
        try {
          worker.postMessage(task);
        } catch (error) {
          // Copying data to the thread needs stack for their depth.
          settle(toTooCostly(`its data cannot be copied (${(error as Error).message})`));
        }
      });
    },
    async stop() {
      isAlive = false;
      await worker.terminate();
    },
  };
}

/** Memory is the delivery's own matter; any other end of a thread is not, and the next one may live. */
function toLastWord(error: Error, heapMbMax: number): Composed {
  return (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY"
    ? toTooCostly(`it took more than ${heapMbMax} MB of memory`)
    : toUnready(`its thread died: ${error.message}`);
}
