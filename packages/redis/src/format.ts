// Which form the keys in Redis have, as one number beside them, so that a release that cannot read them
// refuses to start instead of misreading them.

import { PostriderError } from "@postrider/shared/errors";
import type { Store } from "./shard.ts";

/**
 * Raised only by a release whose keys the one before cannot work with. A delivery's own format is another
 * number, which travels with it (`v`), and later ones of it wait for workers that know them.
 */
const FORMAT = 1;

/**
 * Writes the number where none stands yet, and compares it otherwise. Called once by each process at its
 * start, which is over where it throws: the connection is closed then.
 * @throws PostriderError `redis_newer`; what Redis throws.
 */
export async function checkFormat(store: Store): Promise<void> {
  try {
    await compareFormat(store);
  } catch (error) {
    store.redis.disconnect();
    throw error;
  }
}

async function compareFormat({ redis, keys }: Store): Promise<void> {
  const found = await redis.get(keys.format());
  if (found === null) {
    // A Redis that is full or just now a replica takes it from the next process: all that is written is of
    // format 1.
    await redis.set(keys.format(), String(FORMAT), "NX").catch(() => null);
    return;
  }
  if (Number(found) <= FORMAT) return;
  throw new PostriderError(
    "redis_newer",
    `what lies in Redis has format ${found}, and this release knows formats up to ${FORMAT}: a later Postrider works here; start that one, or give this one another POSTRIDER_KEY_PREFIX`,
  );
}
