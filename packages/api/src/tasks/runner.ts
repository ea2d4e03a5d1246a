// Carries tasks out in this process: some at once, each under a lease. What dies with the process, another
// one takes up where it was.

import type { Producer } from "@postrider/producer/producer";
import { type StoredOrder, TASK_KINDS, type TaskError, type TaskKind } from "@postrider/producer/tasks/task";
import { repeat } from "@postrider/redis/periodic";
import { hasCode, type PostriderError } from "@postrider/shared/errors";
import type { Logger } from "@postrider/shared/log";
import type { ApiMetrics, TaskEnd } from "../api-metrics.ts";
import { toPostriderError } from "../route/problem.ts";
import { carryOut } from "./carry-out.ts";
import { type Hold, takeTask } from "./hold.ts";

/** How often this process looks for tasks, and for ends of tasks that were not told. */
const LOOK_MS = 500;
/** At once, so that a slow one holds up no other. */
const TASKS_AT_ONCE = 4;

export interface TaskRunner {
  /** Begins to look for tasks. */
  start(): void;
  /** Hands back what is under way, between two steps, and resolves then. */
  close(): Promise<void>;
}

export interface TaskRunnerDependencies {
  readonly producer: Producer;
  readonly metrics: Pick<ApiMetrics, "tasksUnderWay" | "taskEnded">;
  readonly log: Logger;
}

export function createTaskRunner(dependencies: TaskRunnerDependencies): TaskRunner {
  const { producer, metrics, log } = dependencies;
  const running = new Map<Hold, Promise<void>>();
  const tell = (kind: TaskKind): void =>
    metrics.tasksUnderWay(kind, [...running.keys()].filter((hold) => kindOf(hold) === kind).length);
  const takeUp = async (): Promise<void> => {
    // Also of what ended elsewhere, as by a process that died before it could tell, or by whoever stopped it.
    await producer.tasks.tellEnds();
    while (running.size < TASKS_AT_ONCE) {
      const hold = await takeTask(producer.store, TASK_KINDS);
      if (hold === null) return;
      running.set(
        hold,
        run(hold, dependencies).finally(() => {
          running.delete(hold);
          tell(kindOf(hold));
        }),
      );
      tell(kindOf(hold));
    }
  };
  let looking: ReturnType<typeof repeat> | null = null;
  return {
    start() {
      looking = repeat("tasks", LOOK_MS, takeUp, log);
    },
    async close() {
      await looking?.stop();
      for (const hold of running.keys()) hold.stop("closing");
      await Promise.all(running.values());
    },
  };
}

/** Never rejects: a task that cannot even be ended is taken up again when its lease has run out. */
async function run(hold: Hold, { producer, metrics, log }: TaskRunnerDependencies): Promise<void> {
  log.info({ task: hold.id }, "task taken up");
  let trouble: unknown = null;
  try {
    await carryOut(hold, producer);
  } catch (error) {
    trouble = error;
  }
  try {
    const state = await end(hold, trouble, log);
    if (state !== null) metrics.taskEnded(kindOf(hold), state);
  } catch (error) {
    log.warn({ task: hold.id, detail: String(error) }, "task not ended; it is taken up again");
  } finally {
    hold.drop();
  }
}

function kindOf({ order }: Hold): TaskKind {
  return (JSON.parse(order) as StoredOrder).do;
}

/**
 * Tells how it ended. @param trouble null: it was carried out to its end. @returns null where it goes on
 * elsewhere.
 */
async function end(hold: Hold, trouble: unknown, log: Logger): Promise<TaskEnd | null> {
  const { id, cause } = hold;
  if (trouble === null) {
    const isOurs = await hold.end("done");
    log.info({ task: id }, "task done");
    return isOurs ? "done" : null;
  }
  if (cause === "asked") {
    const isOurs = await hold.end("stopped");
    log.info({ task: id }, "task stopped");
    return isOurs ? "stopped" : null;
  }
  if (cause === "closing") {
    await hold.end("queued");
    log.info({ task: id }, "task handed back");
    return null;
  }
  if (cause === "lost" || isOfRedis(trouble)) {
    log.warn({ task: id, detail: String(trouble) }, "task let go of; it is taken up again");
    return null;
  }
  return await fail(hold, trouble, log);
}

async function fail(hold: Hold, trouble: unknown, log: Logger): Promise<TaskEnd | null> {
  const error = toPostriderError(trouble);
  if (error.code === "internal") log.error({ task: hold.id, err: trouble }, "task failed by a bug");
  const isOurs = await hold.end("failed", toTaskError(error));
  log.warn({ task: hold.id, code: error.code, detail: error.message }, "task failed");
  return isOurs ? "failed" : null;
}

function isOfRedis(error: unknown): boolean {
  return hasCode(error, "redis_unavailable") || hasCode(error, "redis_full");
}

function toTaskError({ code, message, problems }: PostriderError): TaskError {
  // The log holds more of a bug, under the task's id.
  return {
    code,
    message: code === "internal" ? "a bug of Postrider's; the log holds its cause" : message,
    problems,
  };
}
