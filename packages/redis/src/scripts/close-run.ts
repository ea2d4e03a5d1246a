// CLOSE: no more of a run will come, and where it is cancelled nothing more of it is sent.

import type { Shard } from "../shard.ts";
import type { Script, ScriptArguments } from "../transact.ts";
import { COMPLETE_RUN } from "./run-fragments.ts";

/**
 * Input: KEYS run, events, totals; ARGV now, 1 if the run is cancelled with it. Output: 1, or 0 when there is
 * no such run. A run stays closed since the first time. A cancelled one must not be forgotten while anything
 * of it is left somewhere; the audit lets go of it.
 */
const CLOSE = `
local events, totals = KEYS[2], KEYS[3]
${COMPLETE_RUN}
if redis.call("HEXISTS", KEYS[1], "action") == 0 then return 0 end
if ARGV[2] == "1" then
  if redis.call("HSET", KEYS[1], "isCancelled", 1) == 1 then tellOfRun("run.cancelled", KEYS[1]) end
  redis.call("PERSIST", KEYS[1])
end
redis.call("HSETNX", KEYS[1], "closedAt", ARGV[1])
complete(KEYS[1])
return 1
`;

/** Says that no more will be enqueued. @returns false when there is no such run. */
export async function closeRun(shard: Shard, run: string): Promise<boolean> {
  return (await shard.redis.eval(CLOSE, ...toArguments(shard, run, false))) === 1;
}

/** Says that nothing more of it will be sent, whatever comes: a part of the step that tells its lane so. */
export function toCancelRun(shard: Shard, run: string): Script {
  return { lua: CLOSE, all: toArguments(shard, run, true) };
}

function toArguments({ keys }: Shard, run: string, isCancelled: boolean): ScriptArguments {
  return [3, keys.run(run), keys.events(), keys.totals(), Date.now(), isCancelled ? 1 : 0];
}
