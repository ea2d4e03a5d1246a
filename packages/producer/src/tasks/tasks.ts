// Tasks: begun, looked at and stopped. API processes carry them out.

import { randomBytes } from "node:crypto";
import { beginTask, OPEN_TASKS_MAX } from "@postrider/redis/scripts/begin-task";
import { stopTask } from "@postrider/redis/scripts/stop-task";
import type { Shard, Store } from "@postrider/redis/shard";
import { readTask, readTasks } from "@postrider/redis/stored-tasks";
import { toFilterDocument } from "@postrider/shared/delivery-filter";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import { parseCancelFilter } from "../by-filter/cancel.ts";
import { parseFilter } from "../dead-letters/filter.ts";
import { TASK_RATE_MAX, TASK_RATE_MIN, type Task, type TaskOrder, toTask } from "./task.ts";
import { tellEnds } from "./tell-ends.ts";

export interface Tasks {
  /**
   * Begins a task, which is carried out as soon as an API process is free for it.
   * @param by who begins it, for those who look.
   * @throws `dead_letters_invalid`, for a cancel `filter_invalid`; `tasks_full`.
   */
  begin(order: TaskOrder, by: string): Promise<Task>;
  /** The latest, newest first. @param limit at most so many, 50 unless given; up to 1,000. */
  list(limit?: number): Promise<Task[]>;
  /** @throws `task_unknown`. */
  get(id: string): Promise<Task>;
  /**
   * Stops it between two steps: what is done stays, the rest is left alone. One that has ended stays as it
   * is. @throws `task_unknown`.
   */
  stop(id: string): Promise<Task>;
  /**
   * Tells the ends of tasks that were not told as events yet, each once. Whoever carries tasks out calls it.
   */
  tellEnds(): Promise<void>;
}

const LIMIT = 50;
const ID_BYTES = 8;

/** @param findShard one that answers: the ends of tasks are told there. */
export function createTasks(store: Store, findShard: () => Shard): Tasks {
  const get = async (id: string): Promise<Task> => {
    const stored = await readTask(store, id);
    if (stored === null) throw unknown(id);
    return toTask(stored);
  };
  return {
    async begin({ filter, ratePerSecond, presentVersion, newKey, do: what }, by) {
      if (what === "cancel") parseCancelFilter(filter);
      else parseFilter(filter);
      if (ratePerSecond !== undefined && !(ratePerSecond >= TASK_RATE_MIN && ratePerSecond <= TASK_RATE_MAX))
        throw invalidField(
          what === "cancel" ? "filter_invalid" : "dead_letters_invalid",
          "ratePerSecond",
          `must be a number from ${TASK_RATE_MIN} to ${TASK_RATE_MAX}`,
        );
      const id = `t${randomBytes(ID_BYTES).toString("hex")}`;
      // What is not asked for is left out, so that a task reads the same however that was said.
      const asked = { presentVersion: presentVersion || undefined, newKey: newKey || undefined };
      const order = { do: what, filter: toFilterDocument(filter), ratePerSecond, ...asked };
      if (!(await beginTask(store, { id, do: what, order: JSON.stringify(order), by })))
        throw new PostriderError(
          "tasks_full",
          `${OPEN_TASKS_MAX} tasks have not ended yet; stop one, or wait`,
        );
      return get(id);
    },
    list: async (limit = LIMIT) => (await readTasks(store, limit)).map(toTask),
    get,
    async stop(id) {
      if (!(await stopTask(store, id))) throw unknown(id);
      return get(id);
    },
    tellEnds: () => tellEnds(store, findShard()),
  };
}

function unknown(id: string): PostriderError {
  return new PostriderError("task_unknown", `no task has the id ${id}, or it is forgotten`);
}
