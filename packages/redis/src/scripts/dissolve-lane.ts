// DISSOLVE: forgets an own lane, where it is empty and nobody has changed it.

import type { ShardKeys } from "../keys.ts";
import type { Shard } from "../shard.ts";

/**
 * Forgets a lane in which nothing is left, with BullMQ's own keys for it.
 * Input: KEYS own lanes, changes, version, then BullMQ's wait, active, delayed, prioritized, paused, failed,
 * then its keys without deliveries; ARGV lane, version seen. Output: 1 when forgotten.
 */
const DISSOLVE = `
local current = redis.call("HGET", KEYS[1], ARGV[1])
if not current or string.match(current, "^%d+") ~= ARGV[2] then return 0 end
for i = 4, 9 do if redis.call("EXISTS", KEYS[i]) == 1 then return 0 end end
redis.call("HDEL", KEYS[1], ARGV[1])
redis.call("ZADD", KEYS[2], redis.call("INCR", KEYS[3]), ARGV[1])
for i = 10, #KEYS do redis.call("DEL", KEYS[i]) end
return 1
`;

const WITH_DELIVERIES = ["wait", "active", "delayed", "prioritized", "paused", "failed"];
const WITHOUT_DELIVERIES = [
  "meta",
  "id",
  "events",
  "marker",
  "stalled",
  "stalled-check",
  "limiter",
  "pc",
  "completed",
  // Ours: see keys.nextRequest and keys.released.
  "next-request",
  "released",
];

/** The keys of DISSOLVE. */
function namesToDissolve(keys: ShardKeys, lane: string): string[] {
  return [
    keys.ownLanes(),
    keys.ownLaneChanges(),
    keys.ownLaneVersion(),
    ...[...WITH_DELIVERIES, ...WITHOUT_DELIVERIES].map((part) => keys.ofLane(lane, part)),
  ];
}

/** @param seen the version of its entry as whoever asks has seen it. @returns whether it is forgotten. */
export async function dissolveLane({ redis, keys }: Shard, lane: string, seen: string): Promise<boolean> {
  const names = namesToDissolve(keys, lane);
  return (await redis.eval(DISSOLVE, names.length, ...names, lane, seen)) === 1;
}
