// BURY: puts a claimed delivery among the dead letters of its home lane, in one atomic step, and drops the
// oldest ones where there are too many.

import type { Shard } from "../shard.ts";
import { CARRY, type Claim, DROP_LETTER } from "./lane-fragments.ts";

/** How many of the oldest dead letters go at once when there are too many, or they are too old. */
const DROPPED_MAX = 100;

/**
 * Input: KEYS 1 its job, 2 active, 3 stalled, then of the home lane 4 the job that it becomes, 5 failed, 6
 * prefix of its jobs; ARGV 1 id, 2 claim's token, 3 reason, 4 now, 5 how many are kept, 6 how long in ms.
 * Output: how many older dead letters were dropped, or -1 when the claim was lost.
 */
const BURY = `${DROP_LETTER}${CARRY}
if redis.call("GET", KEYS[1] .. ":lock") ~= ARGV[2] then return -1 end
redis.call("DEL", KEYS[1] .. ":lock")
redis.call("SREM", KEYS[3], ARGV[1])
redis.call("LREM", KEYS[2], -1, ARGV[1])
carry(KEYS[1], KEYS[4])
redis.call("HINCRBY", KEYS[4], "atm", 1)
redis.call("HSET", KEYS[4], "failedReason", ARGV[3], "finishedOn", ARGV[4])
redis.call("ZADD", KEYS[5], ARGV[4], ARGV[1])
local dropped = redis.call("ZRANGEBYSCORE", KEYS[5], "-inf", ARGV[4] - ARGV[6], "LIMIT", 0, ${DROPPED_MAX})
local over = redis.call("ZCARD", KEYS[5]) - ARGV[5]
if #dropped == 0 and over > 0 then dropped = redis.call("ZRANGE", KEYS[5], 0, math.min(over, ${DROPPED_MAX}) - 1) end
for _, id in ipairs(dropped) do dropLetter(KEYS[5], KEYS[6], id) end
return #dropped
`;

/** @returns how many older ones were dropped for it; null when the claim was lost, and nothing was done. */
export type Bury = (
  claimed: Claim,
  burial: { readonly home: string; readonly reason: string; readonly now: number },
) => Promise<number | null>;

export interface DeadLetterLimits {
  readonly deadLettersMax: number;
  readonly deadLettersAgeMs: number;
}

type BuryCommand = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number>;

export function createBury(
  { redis, keys }: Shard,
  { deadLettersMax, deadLettersAgeMs }: DeadLetterLimits,
): Bury {
  redis.defineCommand("postriderBury", { lua: BURY });
  const { postriderBury } = redis as unknown as { postriderBury: BuryCommand };
  return async ({ id, lane, token }, { home, reason, now }) => {
    const names = [
      keys.job(lane, id),
      ...["active", "stalled"].map((part) => keys.ofLane(lane, part)),
      keys.job(home, id),
      keys.ofLane(home, "failed"),
      keys.job(home, ""),
    ];
    const values = [id, token, reason, now, deadLettersMax, deadLettersAgeMs];
    const dropped = await postriderBury.call(redis, names.length, ...names, ...values);
    return dropped < 0 ? null : dropped;
  };
}
