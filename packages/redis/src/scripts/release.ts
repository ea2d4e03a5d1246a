// Lets one delivery of a held run go: it moves from the run's own lane to its home, marked so that no worker
// puts it back.

import { RELEASED, toLaneMark } from "@postrider/shared/outcome";
import { DELAY_UNIT } from "../counts.ts";
import type { Shard } from "../shard.ts";
import { ADD_WAITING, CARRY } from "./lane-fragments.ts";

/**
 * One that is not due yet stays so.
 * Input: KEYS job, wait, delayed of the run's lane, job, wait, delayed, marker, meta of the home lane, mark,
 * those that came back to the run's lane; ARGV id, the new mark.
 * Output: 1, or 0 when it does not wait there.
 */
const RELEASE = `${CARRY}${ADD_WAITING}
redis.call("SREM", KEYS[10], ARGV[1])
local due = redis.call("ZSCORE", KEYS[3], ARGV[1])
if not due and redis.call("LREM", KEYS[2], -1, ARGV[1]) == 0 then return 0 end
carry(KEYS[1], KEYS[4])
if due then
  redis.call("ZREM", KEYS[3], ARGV[1])
  redis.call("ZADD", KEYS[6], due, ARGV[1])
  local first = redis.call("ZRANGE", KEYS[6], 0, 0, "WITHSCORES")[2]
  local isPaused = redis.call("HEXISTS", KEYS[8], "paused") == 1
  if not isPaused then redis.call("ZADD", KEYS[7], math.floor(tonumber(first) / ${DELAY_UNIT}), "1") end
else
  addWaiting(KEYS[5], KEYS[7], KEYS[8], ARGV[1])
end
redis.call("SET", KEYS[9], ARGV[2])
-- Counts as claimed before, so that the next claim looks at the mark.
redis.call("HINCRBY", KEYS[4], "ats", 1)
return 1
`;

export interface ReleasePath {
  /** The run's lane. */
  readonly from: string;
  readonly home: string;
}

/** Moves a waiting delivery. @returns false when it does not wait in that lane. */
export async function release(shard: Shard, id: string, { from, home }: ReleasePath): Promise<boolean> {
  const names = [
    shard.keys.job(from, id),
    shard.keys.ofLane(from, "wait"),
    shard.keys.ofLane(from, "delayed"),
    shard.keys.job(home, id),
    ...["wait", "delayed", "marker", "meta"].map((part) => shard.keys.ofLane(home, part)),
    shard.keys.outcome(id),
    shard.keys.released(from),
  ];
  return (await shard.redis.eval(RELEASE, names.length, ...names, id, toLaneMark(home) + RELEASED)) === 1;
}

const RELEASED_AT_ONCE = 100;

/** Lets those go once more that were released before and came back because their run was paused. */
export async function releaseAgain(shard: Shard, path: ReleasePath): Promise<void> {
  for (;;) {
    const ids = await shard.redis.srandmember(shard.keys.released(path.from), RELEASED_AT_ONCE);
    if (ids.length === 0) return;
    await Promise.all(ids.map((id) => release(shard, id, path)));
  }
}
