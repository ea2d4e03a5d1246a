// Tasks through the API, and following one to its end as if this process did the work.

import { setTimeout } from "node:timers/promises";
import type { Operations } from "@postrider/client/generated";
import type { Task, TaskError } from "@postrider/producer/tasks/task";
import type { ErrorCode } from "@postrider/shared/error-codes";
import { PostriderError } from "@postrider/shared/errors";
import type { Service } from "../service.ts";
import { toMs, toMsOrNull } from "./times.ts";
import { type Remote, toProblem } from "./told-as-ours.ts";

/** The API's own most. */
const LIST_MAX = 1_000;

export function createRemoteTasks({ call }: Remote): Service["tasks"] {
  return {
    async list(limit = 50) {
      const { tasks } = await call("listTasks", { query: { limit: Math.min(limit, LIST_MAX) } });
      return tasks.map(toTask);
    },
    get: async (id) => toTask(await call("getTask", { params: { id } })),
    stop: async (id) => toTask(await call("stopTask", { params: { id } })),
  };
}

/** In the order of a producer's own. */
function toTask(told: Operations["getTask"]["reply"]): Task {
  const { id, filter, rate, presentVersion, newKey, state, isStopping, by, progress, counts, error } = told;
  return {
    id,
    do: told.do as Task["do"],
    filter: filter as Task["filter"],
    ...(rate !== null && { ratePerSecond: rate }),
    ...(presentVersion && { presentVersion }),
    ...(newKey && { newKey }),
    ...{ state, isStopping, by },
    createdAt: toMs(told.createdAt),
    startedAt: toMsOrNull(told.startedAt),
    endedAt: toMsOrNull(told.endedAt),
    counts,
    looked: progress.looked,
    of: progress.of,
    error: error === null ? null : toTaskError(error),
  };
}

type ErrorTold = NonNullable<Operations["getTask"]["reply"]["error"]>;

function toTaskError({ code, detail, problems }: ErrorTold): TaskError {
  return { code: code as ErrorCode, message: detail, problems: problems.map(toProblem) };
}

const LOOK_MS = 500;

export interface TaskWatch {
  /** Told what it has counted so far. */
  readonly onCounts: (counts: Readonly<Record<string, number>>) => void;
  /** Stops the task, between two steps. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Follows a task until it has ended. @returns what it has counted.
 * @throws why it failed; `aborted` where it was stopped, by the signal or by somebody else.
 */
export async function followTask(
  id: string,
  { onCounts, signal }: TaskWatch,
  { get, stop }: Service["tasks"],
): Promise<Readonly<Record<string, number>>> {
  let isTold = false;
  for (;;) {
    const isToStop: boolean = signal?.aborted === true && !isTold;
    isTold ||= isToStop;
    const task = await (isToStop ? stop(id) : get(id));
    onCounts(task.counts);
    if (task.state === "done") return task.counts;
    throwUnlessOpen(task, isTold ? signal : undefined);
    // Once it is told to stop its end is near, and the signal no longer ends a wait.
    await setTimeout(LOOK_MS, undefined, toWaiting(isTold ? undefined : signal)).catch(() => undefined);
  }
}

function toWaiting(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/**
 * @param stoppedBy the signal at which this process stopped it.
 * @throws the error with which it failed; `aborted`.
 */
function throwUnlessOpen({ do: what, state, error }: Task, stoppedBy: AbortSignal | undefined): void {
  if (error !== null) throw new PostriderError(error.code, error.message, { problems: error.problems });
  if (state !== "stopped") return;
  const rest = what === "cancel" ? "wait still" : "are dead letters still";
  throw new PostriderError("aborted", `stopped; the rest ${rest}, and the same call goes on`, {
    cause: stoppedBy?.reason,
  });
}
