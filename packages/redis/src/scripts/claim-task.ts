// CLAIM: the oldest task that nobody carries out, or whose holder has shown no sign of life, is given to
// whoever asks.

import { asProducer } from "../connect.ts";
import type { Store } from "../shard.ts";
import { CLOCK, END_TASK } from "./task-fragments.ts";

/**
 * Input: KEYS open tasks, prefix of the tasks, untold ones; ARGV holder, how long it holds it (ms), then what
 * the holder can do. Output: id, ms until its next step is due, order, progress; nothing where there is none.
 */
const CLAIM = `${CLOCK}${END_TASK}
local can = {}
for i = 3, #ARGV do can[ARGV[i]] = true end
for _, id in ipairs(redis.call("ZRANGE", KEYS[1], 0, -1)) do
  local key = KEYS[2] .. id
  local what, order, heldUntil, stop, nextAt, progress =
    unpack(redis.call("HMGET", key, "do", "order", "heldUntil", "isStopping", "nextAt", "progress"))
  if not what then
    redis.call("ZREM", KEYS[1], id)
  elseif tonumber(heldUntil or 0) <= now then
    if stop then
      endTask(key, KEYS[1], KEYS[3], id, "stopped", now)
    elseif can[what] then
      redis.call("HSET", key, "state", "running", "holder", ARGV[1], "heldUntil", now + tonumber(ARGV[2]))
      redis.call("HSETNX", key, "startedAt", now)
      return { id, math.max(0, tonumber(nextAt or 0) - now), order, progress or "" }
    end
  end
end
return {}
`;

export interface ClaimedTask {
  readonly id: string;
  /** Until then its rate has been used up by whoever had it before. */
  readonly waitMs: number;
  /** JSON. */
  readonly order: string;
  /** JSON, as it was told last; empty: nobody has told any. */
  readonly progress: string;
}

/** @param kinds what the holder can do: a later release's tasks are left to it. */
export async function claimTask(
  { redis, keys }: Store,
  { holder, leaseMs, kinds }: { holder: string; leaseMs: number; kinds: readonly string[] },
): Promise<ClaimedTask | null> {
  const names = [keys.openTasks(), keys.task(""), keys.untoldTasks()];
  const found = await asProducer(() => redis.eval(CLAIM, names.length, ...names, holder, leaseMs, ...kinds));
  const [id, waitMs, order = "", progress = ""] = found as [string?, number?, string?, string?];
  return id === undefined ? null : { id, waitMs: waitMs ?? 0, order, progress };
}
