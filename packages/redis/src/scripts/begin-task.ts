// BEGIN: a task that waits for somebody to carry it out.

import { asProducer } from "../connect.ts";
import type { Store } from "../shard.ts";
import { CLOCK } from "./task-fragments.ts";

/** When there are more, the oldest that has ended is forgotten; each takes some 1 KB. */
const TASKS_MAX = 1_000;
/** Not ended; each API process looks through them twice a second. */
export const OPEN_TASKS_MAX = 100;

/**
 * Input: KEYS task, tasks, open ones, prefix of the tasks; ARGV id, most tasks, most open ones, what it does,
 * its order as JSON, who began it. Output: 1, or 0 where too many are open.
 */
const BEGIN = `${CLOCK}
local most, mostOpen = tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call("ZCARD", KEYS[3]) >= mostOpen then return 0 end
redis.call("HSET", KEYS[1], "do", ARGV[4], "order", ARGV[5], "by", ARGV[6], "state", "queued", "createdAt", now)
redis.call("ZADD", KEYS[2], now, ARGV[1])
redis.call("ZADD", KEYS[3], now, ARGV[1])
local excess = redis.call("ZCARD", KEYS[2]) - most
if excess <= 0 then return 1 end
for _, old in ipairs(redis.call("ZRANGE", KEYS[2], 0, mostOpen + excess)) do
  if excess > 0 and not redis.call("ZSCORE", KEYS[3], old) then
    redis.call("ZREM", KEYS[2], old)
    redis.call("DEL", KEYS[4] .. old)
    excess = excess - 1
  end
end
return 1
`;

export interface NewTask {
  readonly id: string;
  readonly do: string;
  /** JSON. */
  readonly order: string;
  /** Who began it. */
  readonly by: string;
}

/** @returns false where too many tasks are open. */
export async function beginTask({ redis, keys }: Store, task: NewTask): Promise<boolean> {
  const names = [keys.task(task.id), keys.tasks(), keys.openTasks(), keys.task("")];
  const values = [task.id, TASKS_MAX, OPEN_TASKS_MAX, task.do, task.order, task.by];
  return (await asProducer(() => redis.eval(BEGIN, names.length, ...names, ...values))) === 1;
}
