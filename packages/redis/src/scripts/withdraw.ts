// WITHDRAW: ends deliveries that wait, in one atomic step: each leaves its lane, and its outcome is recorded
// as any other is.

import { IN_LANE } from "@postrider/shared/outcome";
import type { Shard } from "../shard.ts";
import { OUTCOMES_KEPT } from "../told-streams.ts";
import {
  type Entry,
  RECORD,
  type RecordCommand,
  type RecordOptions,
  toCommand,
  WRITTEN,
  type Written,
} from "./record-attempt.ts";

/** So many behind the first one of a list are looked for there; others are searched for. */
const AHEAD = 1_000;

/**
 * Those that wait are taken out first, of a list all in one walk: each is exchanged for a text that is no id,
 * so that the others keep their places, and these go together. RECORD sees only what was taken out.
 * Input and output: RECORD's; -1 also for one that does not wait in that lane, or has ended.
 */
const WITHDRAW = `
local function record(KEYS, ARGV)
${RECORD}
end
-- As many as the workers say; where none has ever run, as many as this process says.
local outcomesKept = redis.call("HGET", KEYS[#KEYS - 2], "${OUTCOMES_KEPT}") or ARGV[2]
local names, values, nths, places, taken = {}, {ARGV[1], outcomesKept, ARGV[3]}, {}, {}, {}
-- As RECORD does, so that Redis at maxmemory lets this through: it makes room.
redis.call("DEL", KEYS[1] .. ":none")
local function findInList(wait, id)
  local known = places[wait]
  if known and known[id] then return known[id] end
  local at = redis.call("LPOS", wait, id)
  if at and not known then
    places[wait] = {}
    for nth, other in ipairs(redis.call("LRANGE", wait, at, at + ${AHEAD})) do places[wait][other] = at + nth - 1 end
  end
  return at
end
local function takeFromList(wait, id)
  local at = findInList(wait, id)
  if not at or redis.call("LINDEX", wait, at) ~= id then return false end
  redis.call("LSET", wait, at, "")
  taken[wait] = (taken[wait] or 0) + 1
  return true
end
local function take(first, id)
  local mark, job, active = KEYS[first], KEYS[first + 2], KEYS[first + 3]
  local current = redis.call("GET", mark)
  if current and string.sub(current, 1, ${IN_LANE.length}) ~= "${IN_LANE}" then return false end
  if redis.call("EXISTS", job) == 0 or redis.call("EXISTS", job .. ":lock") == 1 then return false end
  local parts = string.sub(active, 1, -1 - #"active")
  return redis.call("ZREM", parts .. "delayed", id) == 1 or takeFromList(parts .. "wait", id)
end
local counted = {}
for i = 1, (#KEYS - 3) / 7 do
  counted[i] = -1
  if take(7 * i - 6, ARGV[10 * i - 6]) then
    nths[#nths + 1] = i
    for k = 7 * i - 6, 7 * i do names[#names + 1] = KEYS[k] end
    for k = 10 * i - 6, 10 * i + 3 do values[#values + 1] = ARGV[k] end
  end
end
for wait, count in pairs(taken) do redis.call("LREM", wait, count, "") end
if #nths == 0 then return counted end
for k = #KEYS - 2, #KEYS do names[#names + 1] = KEYS[k] end
values[#values + 1] = ARGV[#ARGV]
for k, written in ipairs(record(names, values)) do counted[nths[k]] = written end
return counted
`;

/** Ends waiting deliveries; some tens at once hold Redis for a millisecond or so. */
export type Withdraw = (entries: readonly Entry[]) => Promise<Written[]>;

/** @returns from the returned function: `lost` where one does not wait in that lane (any more). */
export function createWithdraw({ redis, keys }: Shard, options: RecordOptions): Withdraw {
  redis.defineCommand("postriderWithdraw", { lua: WITHDRAW });
  const { postriderWithdraw } = redis as unknown as { postriderWithdraw: RecordCommand };
  return async (entries) => {
    if (entries.length === 0) return [];
    const { names, values } = toCommand(keys, entries, options);
    const written = await postriderWithdraw.call(redis, names.length, ...names, ...values);
    return written.map((one) => WRITTEN[one] ?? "lost");
  };
}
