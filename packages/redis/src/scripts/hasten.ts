// HASTEN: makes a pending retry due now, in one atomic step.

import { RELEASED, toLaneMark } from "@postrider/shared/outcome";
import type { Shard } from "../shard.ts";
import { transactAsProducer } from "../transact.ts";
import { ADD_WAITING } from "./lane-fragments.ts";
import { NOTE_ARRIVAL } from "./note-arrival.ts";

/**
 * Makes a pending retry due now. What was never claimed waits for its own time, and is no retry.
 * Input: KEYS 1 job, 2 delayed, 3 wait, 4 marker, 5 meta, 6 mark, 7 arrivals; ARGV 1 id, 2 the mark of that
 * lane, 3 the lane. Output: 1, or 0 when it is none.
 */
const HASTEN = `${ADD_WAITING}${NOTE_ARRIVAL}
local mark = redis.call("GET", KEYS[6])
if mark ~= ARGV[2] and mark ~= ARGV[2] .. "${RELEASED}" then return 0 end
if tonumber(redis.call("HGET", KEYS[1], "ats") or 0) == 0 then return 0 end
if redis.call("ZREM", KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call("HSET", KEYS[1], "delay", 0)
addWaiting(KEYS[3], KEYS[4], KEYS[5], ARGV[1])
noteArrival(KEYS[7], ARGV[3])
return 1
`;

/**
 * Makes pending retries due now, by delivery id and the lane in which each is. @returns which of them were
 * retries.
 */
export async function hastenRetries(
  shard: Shard,
  pending: readonly { readonly id: string; readonly lane: string }[],
): Promise<boolean[]> {
  const { keys } = shard;
  const replies = await transactAsProducer(shard, (run) => {
    for (const { id, lane } of pending) {
      const parts = ["delayed", "wait", "marker", "meta"].map((part) => keys.ofLane(lane, part));
      const names = [keys.job(lane, id), ...parts, keys.outcome(id), keys.ownLaneArrivals()];
      run(HASTEN, names.length, ...names, id, toLaneMark(lane), lane);
    }
  });
  return replies.map((reply) => reply === 1);
}
