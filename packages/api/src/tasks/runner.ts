// Carries tasks out in this process: some at once, each under a lease. What dies with the process, another
// one takes up where it was.

import type { Producer } from "@postrider/producer/producer";
import { TASK_KINDS, type TaskError } from "@postrider/producer/tasks/task";
import { repeat } from "@postrider/redis/periodic";
import { hasCode, type PostriderError } from "@postrider/shared/errors";
import type { Logger } from "@postrider/shared/log";
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

export function createTaskRunner(producer: Producer, log: Logger): TaskRunner {
  const running = new Map<Hold, Promise<void>>();
  const takeUp = async (): Promise<void> => {
    // Also of what ended elsewhere, as by a process that died before it could tell, or by whoever stopped it.
    await producer.tasks.tellEnds();
    while (running.size < TASKS_AT_ONCE) {
      const hold = await takeTask(producer.store, TASK_KINDS);
      if (hold === null) return;
      running.set(
        hold,
        run(hold, producer, log).finally(() => running.delete(hold)),
      );
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
async function run(hold: Hold, producer: Producer, log: Logger): Promise<void> {
  log.info({ task: hold.id }, "task taken up");
  let trouble: unknown = null;
  try {
    await carryOut(hold, producer);
  } catch (error) {
    trouble = error;
  }
  try {
    await end(hold, trouble, log);
  } catch (error) {
    log.warn({ task: hold.id, detail: String(error) }, "task not ended; it is taken up again");
  } finally {
    hold.drop();
  }
}

/** Tells how it ended. @param trouble null: it was carried out to its end. */
async function end(hold: Hold, trouble: unknown, log: Logger): Promise<void> {
  const { id, cause } = hold;
  if (trouble === null) {
    await hold.end("done");
    log.info({ task: id }, "task done");
  } else if (cause === "asked") {
    await hold.end("stopped");
    log.info({ task: id }, "task stopped");
  } else if (cause === "closing") {
    await hold.end("queued");
    log.info({ task: id }, "task handed back");
  } else if (cause === "lost" || isOfRedis(trouble)) {
    log.warn({ task: id, detail: String(trouble) }, "task let go of; it is taken up again");
  } else {
    const error = toPostriderError(trouble);
    if (error.code === "internal") log.error({ task: id, err: trouble }, "task failed by a bug");
    await hold.end("failed", toTaskError(error));
    log.warn({ task: id, code: error.code, detail: error.message }, "task failed");
  }
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
