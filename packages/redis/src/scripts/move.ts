// MOVE: takes a claimed delivery out of its lane into another one, in one atomic step. It keeps its id,
// attempts, history and data, and at any moment it is in exactly one place. BullMQ has no such move between
// two queues; its version is pinned, and tests hold the result against BullMQ's own view.

import { IN_LANE, RELEASED, toLaneMark } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import { onceSettled } from "../once-settled.ts";
import type { Shard } from "../shard.ts";
import type { ScriptArguments } from "../transact.ts";
import { ensuringLane, toEnsuring } from "./ensured.ts";
import { ADD_WAITING, type Claim, TAKE_OUT, toTakeOut, WRITE_WHEN_FULL } from "./lane-fragments.ts";

/**
 * One that was released by itself and comes back to a run that is paused is noted there, to be let go when
 * the run is resumed.
 * Input: as TAKE_OUT, then KEYS 5 wait, 6 marker, 7 meta, 8 those released of the other lane, 9 mark; ARGV 3
 * the new mark, 4 the other lane's kind.
 * Output: 0, or -1 when the claim was lost.
 */
const MOVE = `${WRITE_WHEN_FULL}${ensuringLane(`${ADD_WAITING}${TAKE_OUT}
addWaiting(ARGV[1], KEYS[5], KEYS[6], KEYS[7])
local mark = redis.call("GET", KEYS[9])
if mark and string.sub(mark, 1, ${IN_LANE.length}) == "${IN_LANE}" then
  local released = string.sub(mark, -${RELEASED.length}) == "${RELEASED}" and "${RELEASED}" or ""
  redis.call("SET", KEYS[9], ARGV[3] .. released)
  if released ~= "" and ARGV[4] == "run" then redis.call("SADD", KEYS[8], ARGV[1]) end
end
return 0
`)}`;

/** Into an own lane, which is registered unless it was. False: the claim was lost, and nothing was done. */
export type Move = (claimed: Claim, lane: OwnLane) => Promise<boolean>;

type Command = (...all: ScriptArguments) => Promise<number>;

export function createMove(shard: Shard): Move {
  const { redis, keys } = shard;
  redis.defineCommand("postriderMove", { lua: MOVE });
  const { postriderMove } = redis as unknown as { postriderMove: Command };
  return async ({ id, lane, token }, entry) => {
    const other = entry.lane;
    const names = [
      ...toTakeOut(keys, id, lane, other),
      ...["wait", "marker", "meta"].map((part) => keys.ofLane(other, part)),
      keys.released(other),
      keys.outcome(id),
    ];
    const own: ScriptArguments = [names.length, ...names, id, token, toLaneMark(other), entry.kind];
    const all = toEnsuring(shard, entry, own);
    return (await onceSettled(redis, () => postriderMove.call(redis, ...all))) === 0;
  };
}
