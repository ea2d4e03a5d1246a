// Composition for processes that have other work to do. Templates that are provably cheap compose here and
// now; any other one composes in a thread that is killed when it takes too long or too much, so that no
// author can hold up a worker's deliveries.

import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import type { CompiledAction } from "../compile.ts";
import type { DeliveryFacts } from "../dialect/delivery-facts.ts";
import { COMPOSE_LIMITS, type ComposeLimits } from "../limits.ts";
import type { Scope } from "../render/template.ts";
import type { Composed } from "../request.ts";
import type { FromThread, Task } from "./thread.ts";

/**
 * What composing one delivery apart may take. Given once, so that a test can lower it and needs no template
 * that hurts.
 */
export interface ComposerLimits {
  /** Wall-clock time in its thread, in milliseconds. */
  readonly composeMsMax: number;
  /** Heap of one thread, in MiB. */
  readonly heapMbMax: number;
  /** What each rendering in it may cost. */
  readonly compose: ComposeLimits;
}

export const COMPOSER_LIMITS: ComposerLimits = {
  // Far more than any honest template takes, and short enough to end a hostile one inside a second.
  composeMsMax: 600,
  // Some copies of the largest delivery and of the largest text.
  heapMbMax: 96,
  compose: COMPOSE_LIMITS,
};

const THREADS_MAX = 2;
const YOUNG_HEAP_MB_MAX = 16;

/** When this many different deliveries in a row are stopped, the template is to blame. */
const STOPS_IN_ROW_MAX = 5;
const BARRED_MS = 30_000;
const BARRED = `its last ${STOPS_IN_ROW_MAX} deliveries were stopped, so it is not tried for ${BARRED_MS / 1_000} s`;
const OFFENDERS_KEPT = 1_000;

/** The built file, also where this one runs from its source: a thread has no loader for TypeScript. */
const THREAD_FILE = new URL(
  import.meta.url.endsWith(".ts") ? "../../dist/apart/thread.js" : "./thread.js",
  import.meta.url,
);

export interface Composer {
  /** The request for one delivery, or why there is none. Cheap templates answer without a promise. */
  compose(action: CompiledAction, facts: DeliveryFacts, scope: Scope): Composed | Promise<Composed>;
  /** Stops the threads. What is still being composed, or comes later, ends as interrupted. */
  close(): Promise<void>;
}

interface Waiting {
  readonly task: Task;
  readonly resolve: (composed: Composed) => void;
}

/** @param limits what one delivery may take apart; lowered by tests alone. */
export function createComposer(limits: ComposerLimits = COMPOSER_LIMITS): Composer {
  const waiting = new Map<number, Waiting[]>();
  const offences = createOffences(() => performance.now());
  const threads = new Set<Thread>();
  const idle: Thread[] = [];
  const keys = new WeakMap<CompiledAction, number>();
  let lastKey = 0;
  let isClosed = false;

  const keyOf = (action: CompiledAction): number => {
    const key = keys.get(action) ?? ++lastKey;
    keys.set(action, key);
    return key;
  };
  const drain = (): void => {
    while (!isClosed && waiting.size > 0 && (idle.length > 0 || threads.size < THREADS_MAX)) {
      const next = takeTurn(waiting);
      const thread = idle.pop() ?? startThread(limits);
      threads.add(thread);
      void thread.run(next.task).then((composed) => {
        next.resolve(composed);
        if (!passes(composed)) offences.note(next.task.key, isTooCostly(composed));
        if (thread.isAlive()) idle.push(thread);
        else threads.delete(thread);
        drain();
      });
    }
  };

  return {
    compose(action, facts, scope) {
      if (action.isCheapFor(scope)) return action.compose(facts, scope);
      return new Promise((resolve) => {
        const task: Task = { key: keyOf(action), action: action.action, facts, scope };
        if (isClosed) return resolve(INTERRUPTED);
        if (offences.isBarred(task.key)) return resolve(toUnready(BARRED));
        const queue = waiting.get(task.key) ?? [];
        queue.push({ task, resolve });
        waiting.set(task.key, queue);
        drain();
      });
    },
    async close() {
      isClosed = true;
      for (const queue of waiting.values()) for (const { resolve } of queue) resolve(INTERRUPTED);
      waiting.clear();
      await Promise.all([...threads].map((thread) => thread.stop()));
    },
  };
}

/**
 * Actions take turns: whoever waits with a hostile one waits for one of its deliveries, not for all of them.
 */
function takeTurn(waiting: Map<number, Waiting[]>): Waiting {
  const [[key, queue]] = waiting as unknown as [[number, Waiting[]]];
  const next = queue.shift() as Waiting;
  waiting.delete(key);
  if (queue.length > 0) waiting.set(key, queue);
  return next;
}

interface Offences {
  /** Whether an action has been stopped so often in a row that it is not tried for a while. */
  isBarred(key: number): boolean;
  note(key: number, wasStopped: boolean): void;
}

/**
 * An action none of whose deliveries can be composed would otherwise hold every slot of its worker, a
 * thread's limit each.
 */
function createOffences(now: () => number): Offences {
  const inRow = new LRUCache<number, { stops: number; until: number }>({ max: OFFENDERS_KEPT });
  return {
    isBarred(key) {
      const offence = inRow.get(key);
      return offence !== undefined && offence.stops >= STOPS_IN_ROW_MAX && now() < offence.until;
    },
    note(key, wasStopped) {
      if (wasStopped) inRow.set(key, { stops: (inRow.get(key)?.stops ?? 0) + 1, until: now() + BARRED_MS });
      else inRow.delete(key);
    },
  };
}

interface Thread {
  /** A thread that waits for a task does not keep the process; a task does. */
  run(task: Task): Promise<Composed>;
  isAlive(): boolean;
  stop(): Promise<void>;
}

function startThread({ composeMsMax, heapMbMax, compose }: ComposerLimits): Thread {
  // One on the command line, which this thread has had the use of, would go before the other thread's limit.
  setFlagsFromString("--max-semi-space-size=0");
  const worker = new Worker(THREAD_FILE, {
    execArgv: [],
    workerData: compose,
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
        const giveUp = (): void => {
          if (settle === null) return;
          die(toTooCostly(`it took longer than ${composeMsMax} ms`));
          void worker.terminate();
        };
        // Where this thread has stood still the answer lies here already, and comes before an immediate.
        const timer = setTimeout(() => setImmediate(giveUp), composeMsMax);
        settle = (composed) => {
          clearTimeout(timer);
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

function isTooCostly(composed: Composed): boolean {
  return composed.kind === "problem" && composed.reason === "template_too_costly";
}

/** Says nothing about the template. */
function passes(composed: Composed): boolean {
  return composed.kind === "problem" && composed.passes !== undefined;
}

/** Memory is the delivery's own matter; any other end of a thread is not, and the next one may live. */
function toLastWord(error: Error, heapMbMax: number): Composed {
  return (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY"
    ? toTooCostly(`it took more than ${heapMbMax} MB of memory`)
    : toUnready(`its thread died: ${error.message}`);
}

function toTooCostly(complaint: string) {
  return {
    kind: "problem",
    reason: "template_too_costly",
    problems: [{ field: "", code: "template_too_costly", message: `composing was stopped: ${complaint}` }],
  } as const;
}

function toUnready(complaint: string): Composed {
  return { ...toTooCostly(complaint), passes: "unready" };
}

const INTERRUPTED: Composed = { ...toTooCostly("the process ends"), passes: "interrupted" };
