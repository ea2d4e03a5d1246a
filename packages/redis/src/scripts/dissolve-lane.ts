// DISSOLVE: forgets an own lane, where it is empty and nobody has changed it.

import { type NewEvent, toTold } from "@postrider/shared/operator-event";
import type { ShardKeys } from "../keys.ts";
import type { Shard } from "../shard.ts";
import { TELL_EVENT } from "./tell-fragments.ts";

/**
 * Forgets a lane in which nothing is left, with BullMQ's own keys for it, and tells what ends with it.
 * Input: KEYS own lanes, changes, version, events, totals, then BullMQ's wait, active, delayed, prioritized,
 * paused, failed, then its keys without deliveries; ARGV lane, version seen, then per event its id and data.
 * Output: 1 when forgotten.
 */
const DISSOLVE = `${TELL_EVENT}
local current = redis.call("HGET", KEYS[1], ARGV[1])
if not current or string.match(current, "^%d+") ~= ARGV[2] then return 0 end
for i = 6, 11 do if redis.call("EXISTS", KEYS[i]) == 1 then return 0 end end
redis.call("HDEL", KEYS[1], ARGV[1])
redis.call("ZADD", KEYS[2], redis.call("INCR", KEYS[3]), ARGV[1])
for i = 12, #KEYS do redis.call("DEL", KEYS[i]) end
for i = 3, #ARGV, 2 do tellEvent(KEYS[4], KEYS[5], ARGV[i], ARGV[i + 1]) end
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
    keys.events(),
    keys.totals(),
    ...[...WITH_DELIVERIES, ...WITHOUT_DELIVERIES].map((part) => keys.ofLane(lane, part)),
  ];
}

/** How whoever asks has seen a lane, and what operators are told when it is gone. */
interface Seen {
  /** The version of its entry. */
  readonly seen: string;
  readonly told: readonly NewEvent[];
}

/** @returns whether it is forgotten. */
export async function dissolveLane(
  { redis, keys }: Shard,
  lane: string,
  { seen, told }: Seen,
): Promise<boolean> {
  const names = namesToDissolve(keys, lane);
  return (await redis.eval(DISSOLVE, names.length, ...names, lane, seen, ...told.flatMap(toTold))) === 1;
}
