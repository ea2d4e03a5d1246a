// Tasks as they lie in Redis, for those who look at them.

import { asProducer } from "./connect.ts";
import { readReplies } from "./replies.ts";
import type { Store } from "./shard.ts";

/** Its fields, as the scripts write them. */
export type StoredTask = Readonly<Partial<Record<string, string>>> & { readonly id: string };

export async function readTask(store: Store, id: string): Promise<StoredTask | null> {
  const [task = null] = await readAll(store, [id]);
  return task;
}

/** The latest, newest first. */
export async function readTasks(store: Store, count: number): Promise<StoredTask[]> {
  const ids = await asProducer(() => store.redis.zrevrange(store.keys.tasks(), 0, count - 1));
  return readAll(store, ids);
}

/** Those that are kept no more are left out. */
async function readAll({ redis, keys }: Store, ids: readonly string[]): Promise<StoredTask[]> {
  if (ids.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.hgetall(keys.task(id));
  const replies = await asProducer(async () => readReplies(await pipeline.exec()));
  return replies
    .map((reply, nth): StoredTask => ({ ...(reply as Record<string, string>), id: ids[nth] ?? "" }))
    .filter((task) => task["state"] !== undefined);
}

/** Tasks at once. */
const UNTOLD_MAX = 100;

/** Those that have ended and were not told as events yet, oldest first. */
export async function readUntoldTasks({ redis, keys }: Store): Promise<readonly string[]> {
  return asProducer(() => redis.zrange(keys.untoldTasks(), "0", String(UNTOLD_MAX - 1)));
}

/** They are told. */
export async function forgetUntold({ redis, keys }: Store, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await asProducer(() => redis.zrem(keys.untoldTasks(), ...ids));
}
