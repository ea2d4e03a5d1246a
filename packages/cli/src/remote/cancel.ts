// Cancels of what a filter means, through the API: a task that is begun there, and followed.

import { type CancelProgress, parseCancelFilter } from "@postrider/producer/by-filter/cancel";
import { TASK_RATE_MAX } from "@postrider/producer/tasks/task";
import type { Service } from "../service.ts";
import { toOrder, toTaskId } from "./filters.ts";
import { createRemoteTasks, followTask } from "./tasks.ts";
import type { Remote } from "./told-as-ours.ts";

type Cancel = Pick<Service["deliveries"], "cancelAll" | "countCancellable">;

export function createRemoteCancel(remote: Remote): Cancel {
  const { call } = remote;
  return {
    async cancelAll(filter, { ratePerSecond, onProgress, signal } = {}) {
      parseCancelFilter(filter);
      const order = {
        ...toOrder(filter),
        ...(ratePerSecond !== undefined && { rate: Math.min(ratePerSecond, TASK_RATE_MAX) }),
      };
      const task = await call("beginTask", { body: { do: "cancel", ...order } });
      const onCounts = (counts: Counts): void => onProgress?.(toCancelled(counts), NO_PLACE);
      const counts = await followTask(toTaskId(task), { onCounts, signal }, createRemoteTasks(remote));
      return toCancelled(counts);
    },
    async countCancellable(filter, { signal } = {}) {
      parseCancelFilter(filter);
      const body = { do: "cancel" as const, dryRun: true, ...toOrder(filter) };
      const counted = await call("beginTask", { body, signal });
      if (!("count" in counted)) throw new Error("the API began a task where it was asked to count");
      return { count: counted.count, isComplete: counted.isComplete };
    },
  };
}

type Counts = Readonly<Record<string, number>>;

/** How far a task is stays with the API. */
const NO_PLACE = { after: null, looked: 0 } as const;

function toCancelled({ cancelled = 0, inFlight = 0 }: Counts): CancelProgress {
  return { cancelled, inFlight };
}
