// READ: what a stream has told behind a place, with what its reader needs to know whether it has seen all
// before that.

import type { Shard } from "../shard.ts";
import type { ToldStream } from "../told-streams.ts";

/** Groups stay until they are removed; a name that is made up for each reader must not fill Redis. */
export const GROUPS_MAX = 100;

/**
 * Looks at the stream and what is kept of it in one step, since Redis does not tell that a place was trimmed
 * away. With a group it takes, or keeps, the right to read for it.
 * Input: KEYS stream, totals, group (the stream again: none); ARGV place ("" = the group's), how many, who
 * reads, its right's ms, the group's name, the stream's counter; KEYS[4] the groups' names.
 * Output: {"held"} where another one reads for the group, {"full"} where it is one too many; else {"read",
 * place ("" = the group is new), oldest id kept ("" = none), latest place ever told, {{id, entry}, …} from
 * the place on, its own included}.
 */
const READ = `
local stream, totals, group = KEYS[1], KEYS[2], KEYS[3]
local place = ARGV[1]
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if group ~= stream then
  local state = redis.call("HMGET", group, "place", "holder", "heldUntil")
  if state[2] and state[2] ~= ARGV[3] and tonumber(state[3] or "0") > now then return {"held"} end
  if redis.call("SISMEMBER", KEYS[4], ARGV[5]) == 0 then
    if redis.call("SCARD", KEYS[4]) >= ${GROUPS_MAX} then return {"full"} end
    redis.call("SADD", KEYS[4], ARGV[5])
  end
  redis.call("HSET", group, "holder", ARGV[3], "heldUntil", string.format("%.0f", now + ARGV[4]), "readAt", string.format("%.0f", now))
  if place == "" then place = state[1] or "" end
end
local oldest = redis.call("XRANGE", stream, "-", "+", "COUNT", 1)[1]
local newest = redis.call("XREVRANGE", stream, "+", "-", "COUNT", 1)[1]
local latest = math.max(tonumber(redis.call("HGET", totals, ARGV[6]) or "0"), newest and tonumber(string.match(newest[1], "^%d+")) or 0)
local entries = {}
if place ~= "" then
  for _, entry in ipairs(redis.call("XRANGE", stream, string.match(place, "^%d+") .. "-0", "+", "COUNT", ARGV[2])) do
    entries[#entries + 1] = {entry[1], entry[2][2]}
  end
end
return {"read", place, oldest and oldest[1] or "", string.format("%.0f", latest), entries}
`;

/** Who reads for a group, and how long nobody else may when it says nothing any more. */
export interface GroupReader {
  readonly group: string;
  readonly reader: string;
  readonly holdMs: number;
}

export interface Found {
  /** Where it was looked from: an id of the stream; empty: the group has none yet. */
  readonly from: string;
  /** The id of the oldest entry that is kept; null: nothing is. */
  readonly oldest: string | null;
  /** How many entries were ever told: the place of the latest. */
  readonly latest: number;
  /** From the place on, that of the reader included where it is kept. */
  readonly entries: readonly (readonly [id: string, entry: string])[];
}

export type ReadTold = (
  from: string,
  count: number,
  reader: GroupReader | null,
) => Promise<Found | "held" | "full">;

type Reply =
  | ["held" | "full"]
  | ["read", from: string, oldest: string, latest: string, entries: [string, string][]];
type Command = (keys: number, ...keysAndValues: (string | number)[]) => Promise<Reply>;

/**
 * @returns from the returned function: `held` where another one reads for the group, `full` where there are
 * as many groups as there may be.
 */
export function createReadTold({ redis, keys }: Shard, stream: ToldStream): ReadTold {
  redis.defineCommand("postriderReadTold", { lua: READ });
  const { postriderReadTold } = redis as unknown as { postriderReadTold: Command };
  return async (from, count, reader) => {
    const { key, counter, group, groups } = stream;
    const names = [key, keys.totals(), reader === null ? key : group(reader.group), groups];
    const who = [reader?.reader ?? "", reader?.holdMs ?? 0, reader?.group ?? ""];
    const values = [from, count + 1, ...who, counter];
    const reply = await postriderReadTold.call(redis, names.length, ...names, ...values);
    if (reply[0] !== "read") return reply[0];
    const [, place, oldest, latest, entries] = reply;
    return { from: place, oldest: oldest === "" ? null : oldest, latest: Number(latest), entries };
  };
}
