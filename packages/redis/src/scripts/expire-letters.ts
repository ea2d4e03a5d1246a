// Dead letters that are too old go, also where no new ones come to push them out.

import { readSharedLanes } from "../counts.ts";
import type { Shard } from "../shard.ts";
import { DROP_LETTER } from "./lane-fragments.ts";

/** Letters of a lane that one audit drops, so that Redis is not held up. The next audits drop the rest. */
const AT_ONCE = 1_000;

/**
 * Input: KEYS failed, prefix of the lane's jobs; ARGV the time before which they go, how many at most.
 * Output: how many went.
 */
const DROP = `${DROP_LETTER}
local ids = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", "(" .. ARGV[1], "LIMIT", 0, ARGV[2])
for _, id in ipairs(ids) do dropLetter(KEYS[1], KEYS[2], id) end
return #ids
`;

export interface OldLetters {
  readonly shard: Shard;
  readonly ageMs: number;
  /** Told how many of a lane went. */
  readonly dropped: (lane: string, count: number) => void;
}

/**
 * Drops the dead letters of all lanes that are older than `ageMs`; their outcomes were recorded long before.
 */
export async function dropOldLetters({ shard, ageMs, dropped }: OldLetters): Promise<void> {
  const before = Date.now() - ageMs;
  for (const lane of await readSharedLanes(shard)) {
    const names = [shard.keys.ofLane(lane, "failed"), shard.keys.job(lane, "")];
    const count = (await shard.redis.eval(DROP, names.length, ...names, before, AT_ONCE)) as number;
    if (count > 0) dropped(lane, count);
  }
}
