// REPORT: the holder of a task tells how far it is, and holds it for longer, ends it or hands it back.

import { asProducer } from "../connect.ts";
import type { Store } from "../shard.ts";
import { CLOCK, END_TASK } from "./task-fragments.ts";

/**
 * Input: KEYS task, open tasks, untold ones; ARGV id, holder, progress, for how long it is held (ms), ms
 * until the step after the next one may begin ("" = no step begins), state, error ("" = none).
 * Output: 0 where it is not the holder (any more), 2 where the task is to be stopped, 1 otherwise.
 */
const REPORT = `${CLOCK}${END_TASK}
local holder, stop = unpack(redis.call("HMGET", KEYS[1], "holder", "isStopping"))
if holder ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], "progress", ARGV[3])
local state = ARGV[6]
if state == "running" then
  redis.call("HSET", KEYS[1], "heldUntil", now + tonumber(ARGV[4]))
  if ARGV[5] ~= "" and not stop then redis.call("HSET", KEYS[1], "nextAt", now + tonumber(ARGV[5])) end
  return stop and 2 or 1
end
if state == "queued" and not stop then
  redis.call("HSET", KEYS[1], "state", state)
  redis.call("HDEL", KEYS[1], "holder", "heldUntil")
  return 1
end
if ARGV[7] ~= "" then redis.call("HSET", KEYS[1], "error", ARGV[7]) end
endTask(KEYS[1], KEYS[2], KEYS[3], ARGV[1], state == "queued" and "stopped" or state, now)
return 1
`;

export interface TaskReport {
  readonly id: string;
  readonly holder: string;
  /** JSON. */
  readonly progress: string;
  readonly leaseMs: number;
  /** How long after a step that begins now the next one may; null: none begins. */
  readonly paceMs: number | null;
  /** `queued`: handed back. */
  readonly state: "running" | "queued" | "done" | "stopped" | "failed";
  /** JSON. */
  readonly error?: string;
}

export type TaskTold = "lost" | "stop" | "go on";
const TOLD: readonly TaskTold[] = ["lost", "go on", "stop"];

export async function reportTask({ redis, keys }: Store, report: TaskReport): Promise<TaskTold> {
  const { id, holder, progress, leaseMs, paceMs, state, error = "" } = report;
  const pace = paceMs === null ? "" : Math.ceil(paceMs);
  const names = [keys.task(id), keys.openTasks(), keys.untoldTasks()];
  const values = [id, holder, progress, leaseMs, pace, state, error];
  const told = await asProducer(() => redis.eval(REPORT, names.length, ...names, ...values));
  return TOLD[told as number] ?? "lost";
}
