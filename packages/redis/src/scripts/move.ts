// MOVE: takes claimed deliveries out of their lane into another one, in one atomic step. Each keeps its id,
// attempts, history and data, and at any moment it is in exactly one place. BullMQ has no such move between
// two queues; its version is pinned, and tests hold the result against BullMQ's own view.

import { IN_LANE, RELEASED, toLaneMark } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import { createBatchByKey } from "../batch.ts";
import { onceSettled } from "../once-settled.ts";
import type { Shard } from "../shard.ts";
import type { ScriptArguments } from "../transact.ts";
import { ensuringLane, toEnsuring } from "./ensured.ts";
import { ADD_WAITING, CARRY, type Claim, WRITE_WHEN_FULL } from "./lane-fragments.ts";

/** Keeps one script well under a millisecond, as groups of claims are. */
const GROUP_MAX = 50;

/**
 * One that was released by itself and comes back to a run that is paused is noted there, to be let go when
 * the run is resumed.
 * Input: KEYS 1 active, 2 stalled, then of the other lane 3 wait, 4 marker, 5 meta, 6 those released, and per
 * delivery its job, the job that it becomes, its mark; ARGV 1 the new mark, 2 the other lane's kind, and per
 * delivery id, claim's token.
 * Output: per delivery 1, or 0 when the claim was lost, or its job is gone, and nothing was done.
 */
const MOVE = `${WRITE_WHEN_FULL}${ensuringLane(`${CARRY}${ADD_WAITING}
local active, stalled, wait, marker, meta, released = unpack(KEYS, 1, 6)
local moves = (#KEYS - 6) / 3
local looked = {}
for i = 1, moves do
  looked[2 * i - 1], looked[2 * i] = KEYS[3 * i + 4] .. ":lock", KEYS[3 * i + 6]
end
local seen = redis.call("MGET", unpack(looked))
-- Each is looked at before anything is changed, so that nothing fails half-way.
local answer, ids, locks, taken = {}, {}, {}, {}
for i = 1, moves do
  local job, id, token = KEYS[3 * i + 4], ARGV[2 * i + 1], ARGV[2 * i + 2]
  local isOurs = seen[2 * i - 1] == token and not taken[job] and redis.call("EXISTS", job) == 1
  answer[i] = isOurs and 1 or 0
  if isOurs then
    taken[job] = true
    ids[#ids + 1], locks[#locks + 1] = id, looked[2 * i - 1]
  end
end
if #ids == 0 then return answer end
addWaiting(wait, marker, meta, unpack(ids))
redis.call("SREM", stalled, unpack(ids))
redis.call("DEL", unpack(locks))
for i = 1, moves do
  if answer[i] == 1 then
    local job, other, mark = unpack(KEYS, 3 * i + 4, 3 * i + 6)
    local id, current = ARGV[2 * i + 1], seen[2 * i]
    redis.call("LREM", active, -1, id)
    carry(job, other)
    if current and string.sub(current, 1, ${IN_LANE.length}) == "${IN_LANE}" then
      local suffix = string.sub(current, -${RELEASED.length}) == "${RELEASED}" and "${RELEASED}" or ""
      redis.call("SET", mark, ARGV[1] .. suffix)
      if suffix ~= "" and ARGV[2] == "run" then redis.call("SADD", released, id) end
    end
  end
end
return answer
`)}`;

/**
 * Into an own lane, which is registered unless it was. Those that move between the same lanes at about the
 * same time do so in one step. False: the claim was lost, or its job is gone, and nothing was done.
 */
export type Move = (claimed: Claim, lane: OwnLane) => Promise<boolean>;

interface Wanted {
  readonly claimed: Claim;
  readonly entry: OwnLane;
}

type Command = (...all: ScriptArguments) => Promise<number[]>;

export function createMove(shard: Shard): Move {
  const { redis } = shard;
  redis.defineCommand("postriderMove", { lua: MOVE });
  const { postriderMove } = redis as unknown as { postriderMove: Command };
  const move = createBatchByKey<Wanted, boolean>(
    ({ claimed, entry }) => `${claimed.lane} ${entry.lane}`,
    async (wanted) => {
      const all = toEnsuring(shard, wanted[0].entry, toMoves(shard, wanted));
      const moved = await onceSettled(redis, () => postriderMove.call(redis, ...all));
      return moved.map((one) => one === 1);
    },
    GROUP_MAX,
  );
  return (claimed, entry) => move({ claimed, entry });
}

/** MOVE's arguments. */
function toMoves({ keys }: Shard, wanted: readonly [Wanted, ...Wanted[]]): ScriptArguments {
  const [{ claimed, entry }] = wanted;
  const { lane } = claimed;
  const other = entry.lane;
  const names = [
    ...["active", "stalled"].map((part) => keys.ofLane(lane, part)),
    ...["wait", "marker", "meta"].map((part) => keys.ofLane(other, part)),
    keys.released(other),
  ];
  const values = [toLaneMark(other), entry.kind];
  for (const { claimed: one } of wanted) {
    names.push(keys.job(lane, one.id), keys.job(other, one.id), keys.outcome(one.id));
    values.push(one.id, one.token);
  }
  return [names.length, ...names, ...values];
}
