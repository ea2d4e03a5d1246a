// ARCHIVE: nothing new is enqueued for an action. RESTORE: it is again.

import { asProducer } from "../connect.ts";
import type { Store } from "../shard.ts";
import { CLOCK } from "./task-fragments.ts";

/** Input: KEYS action, archived ones; ARGV id. Output: 1; 0 where it was so already, -1: no such action. */
const ARCHIVE = `${CLOCK}
if redis.call("HEXISTS", KEYS[1], "latest") == 0 then return -1 end
redis.call("SADD", KEYS[2], ARGV[1])
return redis.call("HSETNX", KEYS[1], "archivedAt", now)
`;

/** The same, the other way round. */
const RESTORE = `
if redis.call("HEXISTS", KEYS[1], "latest") == 0 then return -1 end
redis.call("SREM", KEYS[2], ARGV[1])
return redis.call("HDEL", KEYS[1], "archivedAt")
`;

/** Whether it has changed anything; null where there is no such action. */
export type Changed = boolean | null;

export function archiveAction(store: Store, id: string): Promise<Changed> {
  return run(store, ARCHIVE, id);
}

export function restoreAction(store: Store, id: string): Promise<Changed> {
  return run(store, RESTORE, id);
}

async function run({ redis, keys }: Store, script: string, id: string): Promise<Changed> {
  const names = [keys.action(id), keys.archivedActions()];
  const reply = await asProducer(() => redis.eval(script, names.length, ...names, id));
  return reply === -1 ? null : reply === 1;
}
