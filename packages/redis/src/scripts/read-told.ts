// READ: what a stream has told behind a place, with what its reader needs to know whether it has seen all
// before that.

import { placeOf, timeOf } from "../reader-groups.ts";
import type { Shard } from "../shard.ts";
import type { ToldStream } from "../told-streams.ts";

/** Groups stay until they are removed; a name that is made up for each reader must not fill Redis. */
export const GROUPS_MAX = 100;

const ENTRIES_AT_ONCE = 16;

/**
 * Looks at the stream and what is kept of it in one step, since Redis does not tell that a place was trimmed
 * away. With a group it takes, or keeps, the right to read for it.
 * Input: KEYS stream, totals, group (the stream again: none); ARGV place ("" = the group's), how many behind
 * it, who reads, its right's ms, the group's name, the stream's counter; KEYS[4] the groups' names.
 * Output: {"held"} where another one reads for the group, {"full"} where it is one too many; else {"read",
 * place ("" = the group is new), oldest place kept ("" = none), latest place ever told, {{id, how many it
 * tells, its text}, …} of the entries from the one that holds the place on}.
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
  local from, wanted = tonumber(string.match(place, "^%d+")), tonumber(ARGV[2])
  local start = string.format("%.0f-0", from)
  -- An entry may tell of one or a hundred, and of some that its reader has seen.
  while wanted > 0 do
    local found = redis.call("XRANGE", stream, start, "+", "COUNT", ${ENTRIES_AT_ONCE})
    for _, entry in ipairs(found) do
      if wanted > 0 then entries[#entries + 1] = {entry[1], entry[2][2], entry[2][4]} end
      wanted = wanted - math.min(entry[2][2], tonumber(string.match(entry[1], "^%d+")) - from)
    end
    if #found < ${ENTRIES_AT_ONCE} then break end
    start = "(" .. found[#found][1]
  end
end
local oldestPlace = oldest and string.format("%.0f", tonumber(string.match(oldest[1], "^%d+")) - oldest[2][2] + 1) or ""
return {"read", place, oldestPlace, string.format("%.0f", latest), entries}
`;

/** Who reads for a group, and how long nobody else may when it says nothing any more. */
export interface GroupReader {
  readonly group: string;
  readonly reader: string;
  readonly holdMs: number;
}

export interface Found<T> {
  /** Where it was looked from: an id of the stream; empty: the group has none yet. */
  readonly from: string;
  /** The oldest place that is kept; null: nothing is. */
  readonly oldest: number | null;
  /** How many were ever told: the place of the latest. */
  readonly latest: number;
  /** In their order. The reader's own is among them where it is kept, and so may be some before it. */
  readonly entries: readonly Placed<T>[];
}

/** What was told, where it stands. */
export interface Placed<T> {
  /** `<place>-<Unix ms>`. */
  readonly id: string;
  readonly told: T;
}

export type ReadTold<T> = (
  from: string,
  count: number,
  reader: GroupReader | null,
) => Promise<Found<T> | "held" | "full">;

type Reply = ["held" | "full"] | ["read", from: string, oldest: string, latest: string, entries: Entry[]];
/** An entry of the stream: how many it tells, and its text. */
export type Entry = readonly [id: string, count: string, text: string];
type Command = (keys: number, ...keysAndValues: (string | number)[]) => Promise<Reply>;

/**
 * @returns from the returned function: `held` where another one reads for the group, `full` where there are
 * as many groups as there may be.
 */
export function createReadTold<T>({ redis, keys }: Shard, stream: ToldStream<T>): ReadTold<T> {
  redis.defineCommand("postriderReadTold", { lua: READ });
  const { postriderReadTold } = redis as unknown as { postriderReadTold: Command };
  return async (from, count, reader) => {
    const { key, counter, group, groups } = stream;
    const names = [key, keys.totals(), reader === null ? key : group(reader.group), groups];
    const who = [reader?.reader ?? "", reader?.holdMs ?? 0, reader?.group ?? ""];
    const values = [from, count, ...who, counter];
    const reply = await postriderReadTold.call(redis, names.length, ...names, ...values);
    if (reply[0] !== "read") return reply[0];
    const [, place, oldest, latest, entries] = reply;
    return {
      from: place,
      oldest: oldest === "" ? null : Number(oldest),
      latest: Number(latest),
      entries: entries.flatMap((entry) => toPlaced(entry, stream.split)),
    };
  };
}

/** What an entry tells, in its order. */
export function toPlaced<T>([entryId, count, text]: Entry, split: (text: string) => T[]): Placed<T>[] {
  const first = placeOf(entryId) - Number(count) + 1;
  return split(text).map((told, index) => ({ id: `${first + index}-${timeOf(entryId)}`, told }));
}
