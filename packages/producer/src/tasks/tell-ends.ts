// The ends of tasks become events. Tasks lie in the store and events in a shard, which no script writes both:
// the step that ends a task leaves a note, and what was noted is handed on, told once, and then forgotten.

import { asProducer } from "@postrider/redis/connect";
import { tellOnce } from "@postrider/redis/scripts/tell-once";
import type { Shard, Store } from "@postrider/redis/shard";
import { forgetUntold, readTask, readUntoldTasks } from "@postrider/redis/stored-tasks";
import { type NewEvent, newEvent } from "@postrider/shared/operator-event";
import { type Task, toTask } from "./task.ts";

export async function tellEnds(store: Store, shard: Shard): Promise<void> {
  const ids = await readUntoldTasks(store);
  for (const id of ids) {
    const stored = await readTask(store, id);
    const event = stored === null ? null : toFinished(toTask(stored));
    if (event !== null) await asProducer(() => tellOnce(shard, event));
  }
  await forgetUntold(store, ids);
}

function toFinished({ id, state, by, counts, error, filter, ...task }: Task): NewEvent | null {
  if (state === "queued" || state === "running") return null;
  const [action, lane] = [filter.action ?? null, filter.lane ?? null];
  const facts = {
    task: id,
    do: task.do,
    state,
    by,
    counts: { ...counts },
    code: error?.code ?? null,
    action,
    lane,
  };
  return newEvent("task.finished", id, facts, { recurs: false });
}
