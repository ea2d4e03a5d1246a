// ADD: what a process has counted is added to the roll-ups of all, in one atomic step that counts once,
// however often it is sent.

import type { RollUpDimension } from "@postrider/shared/roll-up";
import type { Shard } from "../shard.ts";

/** The name of what has none of its own: the total, and the rest where there are too many names. */
export const UNNAMED = "";

/** Longer than any outage after which a command is sent once more. */
const WRITER_KEPT_SECONDS = 3_600;

/**
 * Adds cells to the hashes of their minute and hour. Of a hash's names the first ones stay; those beyond the
 * most are added to the one without a name.
 * Input: KEYS the writer's latest portion, then per group hash of the minute, hash of the hour; ARGV portion,
 * names at most, seconds that the first is kept, seconds of a minute's hash, of an hour's (0: none), then per
 * group how many cells, and for each its name and text.
 * Output: 1; 0 where the portion was added before.
 */
const ADD = `
if redis.call("GET", KEYS[1]) == ARGV[1] then return 0 end
local namesMax = tonumber(ARGV[2])
local function add(key, name, text, seconds)
  local known = redis.call("HGET", key, name)
  local length = known and -1 or redis.call("HLEN", key)
  if name ~= "${UNNAMED}" and length >= namesMax then
    name = "${UNNAMED}"
    known = redis.call("HGET", key, name)
  end
  if known then
    local more = {}
    for letter, value in string.gmatch(text, "(%a)(%d+)") do more[letter] = value end
    known = string.gsub(known, "(%a)(%d+)", function(letter, value)
      local added = more[letter]
      if not added then return nil end
      more[letter] = nil
      return letter .. string.format("%.0f", value + added)
    end)
    for letter, value in pairs(more) do known = known .. letter .. value end
  end
  redis.call("HSET", key, name, known or text)
  if length == 0 then redis.call("EXPIRE", key, seconds) end
end
local at = 6
for group = 2, #KEYS, 2 do
  for _ = 1, tonumber(ARGV[at]) do
    add(KEYS[group], ARGV[at + 1], ARGV[at + 2], ARGV[4])
    if ARGV[5] ~= "0" then add(KEYS[group + 1], ARGV[at + 1], ARGV[at + 2], ARGV[5]) end
    at = at + 2
  end
  at = at + 1
end
redis.call("SET", KEYS[1], ARGV[1], "EX", ARGV[3])
return 1
`;

type Command = (keys: number, ...keysAndValues: (string | number)[]) => Promise<number>;

/** Cells of one minute and dimension. */
export interface RollUpGroup {
  /** Unix minutes. */
  readonly minute: number;
  readonly dimension: RollUpDimension;
  readonly cells: readonly (readonly [name: string, text: string])[];
}

export interface RollUpPortion {
  /** Counted by its writer, and never used again. */
  readonly number: number;
  readonly groups: readonly RollUpGroup[];
}

export interface RollUpLimits {
  /** How long minutes are kept; 0: nothing is rolled up. */
  readonly rollUpsMinutesKeptMs: number;
  /** How long hours are kept; 0: there are none. */
  readonly rollUpsHoursKeptMs: number;
  /** Names of a minute or an hour by each dimension. */
  readonly rollUpsNamesMax: number;
}

/** @param writer names the process; no other one has that name. */
export function createAddRollUps(
  { redis, keys }: Shard,
  writer: string,
  { rollUpsMinutesKeptMs, rollUpsHoursKeptMs, rollUpsNamesMax }: RollUpLimits,
): (portion: RollUpPortion) => Promise<void> {
  redis.defineCommand("postriderAddRollUps", { lua: ADD });
  const { postriderAddRollUps } = redis as unknown as { postriderAddRollUps: Command };
  const limits = [
    rollUpsNamesMax,
    WRITER_KEPT_SECONDS,
    // A minute is kept from its end on.
    Math.ceil(rollUpsMinutesKeptMs / 1_000) + 60,
    rollUpsHoursKeptMs === 0 ? 0 : Math.ceil(rollUpsHoursKeptMs / 1_000) + 3_600,
  ];
  return async ({ number, groups }) => {
    const names = groups.flatMap(({ minute, dimension }) => [
      keys.rollUp("minute", minute, dimension),
      keys.rollUp("hour", Math.floor(minute / 60), dimension),
    ]);
    const values = groups.flatMap(({ cells }) => [cells.length, ...cells.flat()]);
    const all = [keys.rollUpWriter(writer), ...names];
    await postriderAddRollUps.call(redis, all.length, ...all, number, ...limits, ...values);
  };
}
