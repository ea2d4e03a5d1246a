// STOP: a task that nobody carries out has ended with this; whoever carries it out is told, and stops between
// two steps.

import { asProducer } from "../connect.ts";
import type { Store } from "../shard.ts";
import { CLOCK, END_TASK } from "./task-fragments.ts";

/** Input: KEYS task, open tasks, untold ones; ARGV id. Output: 1, or 0 where there is no such task. */
const STOP = `${CLOCK}${END_TASK}
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
if not redis.call("ZSCORE", KEYS[2], ARGV[1]) then return 1 end
if tonumber(redis.call("HGET", KEYS[1], "heldUntil") or 0) > now then
  redis.call("HSET", KEYS[1], "isStopping", 1)
else
  endTask(KEYS[1], KEYS[2], KEYS[3], ARGV[1], "stopped", now)
end
return 1
`;

/** @returns false when there is no such task. */
export async function stopTask({ redis, keys }: Store, id: string): Promise<boolean> {
  const names = [keys.task(id), keys.openTasks(), keys.untoldTasks()];
  return (await asProducer(() => redis.eval(STOP, names.length, ...names, id))) === 1;
}
