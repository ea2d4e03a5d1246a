// ACKNOWLEDGE: how far a group of readers is.

import type { Shard } from "../shard.ts";
import type { ToldStream } from "../told-streams.ts";
import type { GroupReader } from "./read-told.ts";

/**
 * Notes the place up to which a group has read, and keeps its reader's right.
 * Input: KEYS group; ARGV place ("" = none yet), who reads, its right's ms, 1 if an earlier place may be
 * taken, too. Output: 1; 0 where another one reads for the group by now, and nothing was noted.
 */
const ACKNOWLEDGE = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call("HMGET", KEYS[1], "place", "holder", "heldUntil")
if state[2] and state[2] ~= ARGV[2] and tonumber(state[3] or "0") > now then return 0 end
redis.call("HSET", KEYS[1], "holder", ARGV[2], "heldUntil", string.format("%.0f", now + ARGV[3]), "readAt", string.format("%.0f", now))
local function count(place) return tonumber(string.match(place or "", "^%d+") or "0") end
if ARGV[1] ~= "" and (not state[1] or ARGV[4] == "1" or count(ARGV[1]) > count(state[1])) then
  redis.call("HSET", KEYS[1], "place", ARGV[1])
end
return 1
`;

type Command = (keys: number, ...keysAndValues: (string | number)[]) => Promise<number>;

/**
 * @param place an id of the stream; empty: nothing new, the right is kept alone. @param mayGoBack where
 * readers were told that what they had seen is gone. @returns whether the reader reads for its group still.
 */
export type AcknowledgeTold = (place: string, reader: GroupReader, mayGoBack?: boolean) => Promise<boolean>;

export function createAcknowledgeTold({ redis }: Shard, stream: ToldStream<unknown>): AcknowledgeTold {
  redis.defineCommand("postriderAcknowledgeTold", { lua: ACKNOWLEDGE });
  const { postriderAcknowledgeTold } = redis as unknown as { postriderAcknowledgeTold: Command };
  return async (place, { group, reader, holdMs }, mayGoBack = false) => {
    const name = stream.group(group);
    const noted = postriderAcknowledgeTold.call(redis, 1, name, place, reader, holdMs, mayGoBack ? 1 : 0);
    return (await noted) === 1;
  };
}
