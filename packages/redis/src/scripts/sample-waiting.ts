// PICK: a sample of what waits in a lane.

import type { Shard } from "../shard.ts";

/**
 * Input: KEYS BullMQ's wait, prefix of the lane's jobs; ARGV for each of a sample its place, as a share of
 * the lane.
 * Output: {id, data, when it was enqueued, …} of those that are there.
 */
const PICK = `
local length = redis.call("LLEN", KEYS[1])
local picked = {}
for i = 1, #ARGV do
  local id = redis.call("LINDEX", KEYS[1], math.floor(tonumber(ARGV[i]) * length))
  local job = id and redis.call("HMGET", KEYS[2] .. id, "data", "timestamp")
  if job and job[1] then
    picked[#picked + 1] = id
    picked[#picked + 1] = job[1]
    picked[#picked + 1] = job[2] or "0"
  end
end
return picked
`;

export interface Sampled {
  readonly id: string;
  /** JSON. */
  readonly data: string;
  /** Unix ms when it was enqueued, or replayed last. */
  readonly timestamp: number;
}

/** Reads what waits at these places of a lane, each a share of its length in [0, 1). */
export async function sampleWaiting(
  { redis, keys }: Shard,
  lane: string,
  places: readonly number[],
): Promise<Sampled[]> {
  const names = [keys.ofLane(lane, "wait"), keys.job(lane, "")];
  const picked = (await redis.eval(PICK, names.length, ...names, ...places)) as string[];
  const sampled: Sampled[] = [];
  for (let at = 0; at + 2 < picked.length; at += 3) {
    const [id = "", data = "", timestamp] = picked.slice(at, at + 3);
    sampled.push({ id, data, timestamp: Number(timestamp) });
  }
  return sampled;
}
