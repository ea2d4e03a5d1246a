// DROP: takes a claimed delivery out of its lane for good, in one atomic step. Its outcome stands recorded.

import type { Shard } from "../shard.ts";
import type { Claim } from "./lane-fragments.ts";

/**
 * Input: KEYS job, active, stalled; ARGV id, token. What another worker has claimed by now is left alone.
 */
const DROP = `
local lock = KEYS[1] .. ":lock"
local holder = redis.call("GET", lock)
if holder and holder ~= ARGV[2] then return end
redis.call("LREM", KEYS[2], -1, ARGV[1])
redis.call("SREM", KEYS[3], ARGV[1])
redis.call("DEL", KEYS[1], lock, KEYS[1] .. ":logs")
`;

type DropCommand = (keyCount: number, ...keysAndValues: string[]) => Promise<unknown>;

export function createDropClaimed(
  { redis, keys }: Shard,
  lane: string,
): (claim: Pick<Claim, "id" | "token">) => Promise<void> {
  redis.defineCommand("postriderDrop", { lua: DROP });
  const { postriderDrop } = redis as unknown as { postriderDrop: DropCommand };
  return async ({ id, token }) => {
    const names = [keys.job(lane, id), keys.ofLane(lane, "active"), keys.ofLane(lane, "stalled")];
    await postriderDrop.call(redis, names.length, ...names, id, token);
  };
}
