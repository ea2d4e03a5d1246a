// Composition for processes that have other work to do. Templates that are provably cheap compose here and
// now; any other one composes in a thread that is killed when it takes too long or too much, so that no
// author can hold up a worker's deliveries.

import { LRUCache } from "lru-cache";
import type { CompiledAction } from "../compile.ts";
import type { DeliveryFacts } from "../dialect/delivery-facts.ts";
import { COMPOSER_LIMITS, type ComposerLimits } from "../limits.ts";
import type { Scope } from "../render/template.ts";
import type { Composed } from "../request.ts";
import { cpuMsOfProcess, startThread, type Thread } from "./compose-thread.ts";
import { INTERRUPTED, isTooCostly, passes, toUnready } from "./stopped.ts";
import type { Task } from "./thread.ts";

const THREADS_MAX = 2;

/** When this many different deliveries in a row are stopped, the template is to blame. */
const STOPS_IN_ROW_MAX = 5;
const BARRED_MS = 30_000;
const BARRED = `its last ${STOPS_IN_ROW_MAX} deliveries were stopped, so it is not tried for ${BARRED_MS / 1_000} s`;
const OFFENDERS_KEPT = 1_000;

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

/**
 * @param limits what one delivery may take apart; lowered by tests alone.
 * @param cpuMs CPU time of this process so far.
 */
export function createComposer(
  limits: ComposerLimits = COMPOSER_LIMITS,
  cpuMs: () => number = cpuMsOfProcess,
): Composer {
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
      const thread = idle.pop() ?? startThread(limits, cpuMs);
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

  const composeApart = (action: CompiledAction, facts: DeliveryFacts, scope: Scope): Promise<Composed> =>
    new Promise((resolve) => {
      const task: Task = { key: keyOf(action), action: action.action, facts, scope };
      if (isClosed) return resolve(INTERRUPTED);
      if (offences.isBarred(task.key)) return resolve(toUnready(BARRED));
      const queue = waiting.get(task.key) ?? [];
      queue.push({ task, resolve });
      waiting.set(task.key, queue);
      drain();
    });

  return {
    compose(action, facts, scope) {
      if (!action.isCheapFor(scope)) return composeApart(action, facts, scope);
      const composed = action.compose(facts, scope);
      // A cheap one is out of time where the whole machine has stood still in the middle of it.
      return isTooCostly(composed) ? composeApart(action, facts, scope) : composed;
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
