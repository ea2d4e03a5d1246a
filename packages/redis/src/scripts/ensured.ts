// A script by which something comes into an own lane registers that lane in the same step, unless it is. Both
// are one script: a transaction of two would have to carry the text of both each time (transact.ts).

import type { OwnLane } from "@postrider/shared/own-lane";
import { ENSURE_LANE, toEnsure } from "../lane-directory.ts";
import type { Shard } from "../shard.ts";
import type { ScriptArguments } from "../transact.ts";

/**
 * The script, with ENSURE_LANE before it. First, since that notes what comes into a lane in which nothing
 * waits yet. What Redis refuses of it, it refuses of the whole.
 * Input: the script's own KEYS, then ENSURE_LANE's; the script's own ARGV, then ENSURE_LANE's, and how many
 * keys and values those are. Output: the script's.
 */
export function ensuringLane(script: string): string {
  return `
local function pop(values, count)
  local popped = {}
  for i = count, 1, -1 do popped[i] = table.remove(values) end
  return popped
end
local counts = pop(ARGV, 2)
local laneKeys, laneValues = pop(KEYS, tonumber(counts[1])), pop(ARGV, tonumber(counts[2]))
local function ensureLane(KEYS, ARGV)
${ENSURE_LANE}
end
ensureLane(laneKeys, laneValues)
${script}`;
}

/** The arguments of such a script. @param own those of the script itself. */
export function toEnsuring(shard: Shard, lane: OwnLane, own: ScriptArguments): ScriptArguments {
  const [keyCount, ...all] = own;
  const [laneKeyCount, ...ofLane] = toEnsure(shard, lane);
  return [
    keyCount + laneKeyCount,
    ...all.slice(0, keyCount),
    ...ofLane.slice(0, laneKeyCount),
    ...all.slice(keyCount),
    ...ofLane.slice(laneKeyCount),
    laneKeyCount,
    ofLane.length - laneKeyCount,
  ];
}
