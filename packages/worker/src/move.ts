// Moves a claimed delivery out of its lane in one atomic step: into another lane, or among the dead letters of its home lane. It
// keeps its id, attempts, history and data, and at any moment it is in exactly one place. BullMQ has no such move between two
// queues, so these two scripts, and those of `redis/src/lane-scripts.ts`, know its keys; its version is pinned, and tests hold the result against BullMQ's own view.

import type { ShardKeys } from "@postrider/redis/keys";
import { ENSURE_LANE, toEnsure } from "@postrider/redis/lane-directory";
import { ADD_WAITING, CARRY, DROP_LETTER } from "@postrider/redis/lane-scripts";
import type { Shard } from "@postrider/redis/shard";
import { IN_LANE, RELEASED, toLaneMark } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";

/**
 * What both begin with: takes the delivery out of the lane, if the claim is still ours.
 * KEYS 1 its job, 2 active, 3 stalled, 4 its job in the other lane; ARGV 1 id, 2 token.
 */
const TAKE_OUT = `${CARRY}
if redis.call("GET", KEYS[1] .. ":lock") ~= ARGV[2] then return -1 end
redis.call("DEL", KEYS[1] .. ":lock")
redis.call("SREM", KEYS[3], ARGV[1])
redis.call("LREM", KEYS[2], -1, ARGV[1])
carry(KEYS[1], KEYS[4])
`;

/**
 * One that was released by itself and comes back to a run that is paused is noted there, to be let go when the run is resumed.
 * Input: as above, KEYS 5 wait, 6 marker, 7 meta, 8 those released of the other lane, 9 mark; ARGV 3 the new mark, 4 the other lane's kind.
 * Output: 0, or -1 when the claim was lost.
 */
const MOVE = `${ADD_WAITING}${TAKE_OUT}
addWaiting(ARGV[1], KEYS[5], KEYS[6], KEYS[7])
local mark = redis.call("GET", KEYS[9])
if mark and string.sub(mark, 1, ${IN_LANE.length}) == "${IN_LANE}" then
  local released = string.sub(mark, -${RELEASED.length}) == "${RELEASED}" and "${RELEASED}" or ""
  redis.call("SET", KEYS[9], ARGV[3] .. released)
  if released ~= "" and ARGV[4] == "run" then redis.call("SADD", KEYS[8], ARGV[1]) end
end
return 0
`;

/** So many of the oldest dead letters go at once when there are too many, or they are too old. */
const DROPPED_MAX = 100;

/**
 * Input: as above, KEYS 5 failed, 6 prefix of the home lane's jobs; ARGV 3 reason, 4 now, 5 how many are kept, 6 how long in ms.
 * Output: how many older dead letters were dropped, or -1 when the claim was lost.
 */
const BURY = `${DROP_LETTER}${TAKE_OUT}
redis.call("HINCRBY", KEYS[4], "atm", 1)
redis.call("HSET", KEYS[4], "failedReason", ARGV[3], "finishedOn", ARGV[4])
redis.call("ZADD", KEYS[5], ARGV[4], ARGV[1])
local dropped = redis.call("ZRANGEBYSCORE", KEYS[5], "-inf", ARGV[4] - ARGV[6], "LIMIT", 0, ${DROPPED_MAX})
local over = redis.call("ZCARD", KEYS[5]) - ARGV[5]
if #dropped == 0 and over > 0 then dropped = redis.call("ZRANGE", KEYS[5], 0, math.min(over, ${DROPPED_MAX}) - 1) end
for _, id in ipairs(dropped) do dropLetter(KEYS[5], KEYS[6], id) end
return #dropped
`;

/** A claimed delivery, as far as a move needs to know it. */
export interface Moved {
  readonly id: string;
  readonly lane: string;
  readonly token: string;
}

export interface Moves {
  /** Into an own lane, which is registered unless it was. False: the claim was lost, and nothing was done. */
  toLane(claimed: Moved, lane: OwnLane): Promise<boolean>;
  /**
   * Among the dead letters of a lane.
   * @returns how many older ones were dropped for it; null when the claim was lost, and nothing was done.
   */
  toDeadLetters(
    claimed: Moved,
    burial: { home: string; reason: string; now: number },
  ): Promise<number | null>;
}

export interface DeadLetterLimits {
  readonly deadLettersMax: number;
  readonly deadLettersAgeMs: number;
}

type Command = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number>;

export function createMoves(shard: Shard, { deadLettersMax, deadLettersAgeMs }: DeadLetterLimits): Moves {
  shard.redis.defineCommand("postriderMove", { lua: MOVE });
  shard.redis.defineCommand("postriderBury", { lua: BURY });
  shard.redis.defineCommand("postriderEnsureLane", { lua: ENSURE_LANE });
  const { postriderBury: bury } = shard.redis as unknown as { postriderBury: Command };

  return {
    async toLane({ id, lane, token }, entry) {
      const other = entry.lane;
      const names = [
        ...toTakeOut(shard.keys, id, lane, other),
        ...["wait", "marker", "meta"].map((part) => shard.keys.ofLane(other, part)),
        shard.keys.released(other),
        shard.keys.outcome(id),
      ];
      const pipeline = shard.redis.multi() as unknown as Record<string, (...all: unknown[]) => unknown> & {
        exec(): Promise<[Error | null, unknown][] | null>;
      };
      pipeline["postriderEnsureLane"]?.(...toEnsure(shard.keys, entry));
      pipeline["postriderMove"]?.(names.length, ...names, id, token, toLaneMark(other), entry.kind);
      const [, moved] = (await pipeline.exec()) ?? [];
      if (moved === undefined || moved[0] !== null) throw moved?.[0] ?? new Error("Connection is closed.");
      return moved[1] === 0;
    },
    async toDeadLetters({ id, lane, token }, { home, reason, now }) {
      const names = [
        ...toTakeOut(shard.keys, id, lane, home),
        shard.keys.ofLane(home, "failed"),
        shard.keys.job(home, ""),
      ];
      const dropped = await bury.call(
        shard.redis,
        names.length,
        ...names,
        id,
        token,
        reason,
        now,
        deadLettersMax,
        deadLettersAgeMs,
      );
      return dropped < 0 ? null : dropped;
    },
  };
}

function toTakeOut(keys: ShardKeys, id: string, lane: string, other: string): string[] {
  return [keys.job(lane, id), keys.ofLane(lane, "active"), keys.ofLane(lane, "stalled"), keys.job(other, id)];
}
