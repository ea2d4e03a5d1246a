// LEASE: requests that a token of the API may send, granted to one of the API's processes, so that all of
// them together keep the token's rate.

import type { Store } from "../shard.ts";

/**
 * The generic cell rate algorithm: KEYS[1] is the moment (µs, by Redis' clock) until which all is granted,
 * at most a second ahead. A clock that was set back must not refuse for longer than that.
 * Input: KEYS the moment; ARGV requests per second, how many are wanted.
 * Output: how many are granted, and how many more there are.
 */
const LEASE = `
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval = 1000000 / tonumber(ARGV[1])
local until_ = math.min(math.max(tonumber(redis.call("GET", KEYS[1]) or "0"), now), now + 1000000)
-- Half a microsecond for what rounding has taken.
local room = math.floor((now + 1000000 - until_) / interval + 0.5 / interval)
local granted = math.min(room, tonumber(ARGV[2]))
if granted > 0 then redis.call("SET", KEYS[1], string.format("%.0f", until_ + granted * interval), "PX", 2000) end
return {granted, room - granted}
`;

type LeaseCommand = (
  keyCount: number,
  key: string,
  rate: number,
  wanted: number,
) => Promise<[number, number]>;

export interface Lease {
  readonly granted: number;
  /** How many more there are for all processes. */
  readonly left: number;
}

/** @param token its id. @throws from the returned function what Redis throws. */
export type LeaseRequests = (token: string, perSecond: number, wanted: number) => Promise<Lease>;

export function createLeaseRequests({ redis, keys }: Store): LeaseRequests {
  redis.defineCommand("postriderLeaseRequests", { lua: LEASE });
  const { postriderLeaseRequests } = redis as unknown as { postriderLeaseRequests: LeaseCommand };
  return async (token, perSecond, wanted) => {
    const [granted, left] = await postriderLeaseRequests.call(
      redis,
      1,
      keys.apiRate(token),
      perSecond,
      wanted,
    );
    return { granted, left };
  };
}
