// RESCHEDULE: changes what a waiting delivery carries, and when it is due, in one atomic step.

import { RELEASED, toLaneMark } from "@postrider/shared/outcome";
import { DELAY_UNIT } from "../counts.ts";
import type { Shard } from "../shard.ts";
import { ADD_WAITING } from "./lane-fragments.ts";
import { NOTE_ARRIVAL } from "./note-arrival.ts";

/**
 * Input: KEYS 1 job, 2 delayed, 3 wait, 4 marker, 5 meta, 6 mark, 7 arrivals; ARGV 1 id, 2 the mark of that
 * lane, 3 its data as they were, 4 as they are to be, 5 when it is due ("" = as it is), in Unix ms, 6 the
 * time now, 7 the lane.
 * Output: 1, or 0 when it does not wait there, or is not what it was.
 */
const RESCHEDULE = `${ADD_WAITING}${NOTE_ARRIVAL}
local job, delayed, wait, marker, meta = unpack(KEYS, 1, 5)
local id, due = ARGV[1], tonumber(ARGV[5])
local mark = redis.call("GET", KEYS[6])
if mark ~= ARGV[2] and mark ~= ARGV[2] .. "${RELEASED}" then return 0 end
if redis.call("HGET", job, "data") ~= ARGV[3] then return 0 end
if not due then
  if not redis.call("ZSCORE", delayed, id) and not redis.call("LPOS", wait, id) then return 0 end
  redis.call("HSET", job, "data", ARGV[4])
  return 1
end
if redis.call("ZREM", delayed, id) + redis.call("LREM", wait, -1, id) == 0 then return 0 end
redis.call("HSET", job, "data", ARGV[4], "delay", math.max(0, due - ARGV[6]))
noteArrival(KEYS[7], ARGV[7])
if due <= tonumber(ARGV[6]) then
  addWaiting(wait, marker, meta, id)
  return 1
end
redis.call("ZADD", delayed, string.format("%.0f", due * ${DELAY_UNIT}), id)
if redis.call("HEXISTS", meta, "paused") == 0 then
  local first = redis.call("ZRANGE", delayed, 0, 0, "WITHSCORES")[2]
  redis.call("ZADD", marker, math.floor(tonumber(first) / ${DELAY_UNIT}), "1")
end
return 1
`;

export interface Reschedule {
  readonly id: string;
  readonly lane: string;
  /** As the delivery lies there, and as it is to lie there: JSON. */
  readonly from: string;
  readonly to: string;
  /** Unix ms; null: as it is. */
  readonly dueAt: number | null;
  readonly now: number;
}

/** @returns false where it does not wait there, or has changed. */
export async function reschedule(
  { redis, keys }: Shard,
  { id, lane, from, to, dueAt, now }: Reschedule,
): Promise<boolean> {
  const parts = ["delayed", "wait", "marker", "meta"].map((part) => keys.ofLane(lane, part));
  const names = [keys.job(lane, id), ...parts, keys.outcome(id), keys.ownLaneArrivals()];
  const values = [id, toLaneMark(lane), from, to, dueAt ?? "", now, lane];
  return (await redis.eval(RESCHEDULE, names.length, ...names, ...values)) === 1;
}
