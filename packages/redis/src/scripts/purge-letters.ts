// PURGE: takes a dead letter away, with its evidence, in one atomic step.

import type { Shard } from "../shard.ts";
import { transactAsProducer } from "../transact.ts";
import { DROP_LETTER } from "./lane-fragments.ts";

/**
 * Input: KEYS failed, prefix of the lane's jobs; ARGV id. Output: 1, or 0 when it is no dead letter (any
 * more). The mark stays.
 */
const PURGE = `${DROP_LETTER}
return dropLetter(KEYS[1], KEYS[2], ARGV[1])
`;

/** Takes dead letters away. @returns which of them were there. */
export async function purgeLetters(
  shard: Shard,
  letters: readonly { readonly id: string; readonly lane: string }[],
): Promise<boolean[]> {
  const { keys } = shard;
  const replies = await transactAsProducer(shard, (run) => {
    for (const { id, lane } of letters) run(PURGE, 2, keys.ofLane(lane, "failed"), keys.job(lane, ""), id);
  });
  return replies.map((reply) => reply === 1);
}
