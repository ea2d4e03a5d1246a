// PURGE: takes a dead letter away, with its evidence, in one atomic step.

import type { Shard } from "../shard.ts";
import { transact } from "../transact.ts";

/**
 * Input: KEYS failed, job, its log; ARGV id. Output: 1, or 0 when it is no dead letter (any more). The mark
 * stays.
 */
const PURGE = `
if redis.call("ZREM", KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call("DEL", KEYS[2], KEYS[3])
return 1
`;

/** Takes dead letters away. @returns which of them were there. */
export async function purgeLetters(
  shard: Shard,
  letters: readonly { readonly id: string; readonly lane: string }[],
): Promise<boolean[]> {
  const { keys } = shard;
  shard.redis.defineCommand("postriderPurge", { lua: PURGE });
  const replies = await transact(shard, (call) => {
    for (const { id, lane } of letters) {
      const job = keys.job(lane, id);
      call("postriderPurge", [keys.ofLane(lane, "failed"), job, `${job}:logs`], [id]);
    }
  });
  return replies.map((reply) => reply === 1);
}
