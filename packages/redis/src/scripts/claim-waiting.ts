// CLAIM: takes deliveries that wait in a lane for a worker, as many as it has room for, in one step. What
// BullMQ's own claim does for one, with its pauses, limits, rates and delayed jobs, this does for a group:
// most of it is the same for all of them. It leaves out BullMQ's events and priorities, which no lane of ours
// has.

import { DELAY_UNIT } from "../counts.ts";
import type { Shard } from "../shard.ts";

/** How many delayed ones become waiting at once, as in BullMQ: more would hold Redis up for too long. */
const PROMOTED_MAX = 1_000;

/**
 * Input: KEYS wait, active, limiter, delayed, meta, marker; ARGV prefix of the lane's jobs, Unix ms, ms for
 * which a claim holds, then a token for each delivery that there is room for. Output: {ms until the lane's
 * rate allows more (0: now), Unix ms when the next delayed one is due (0: there is none, or nobody would
 * claim it), 1 if the lane has a limit in flight, then of each that was claimed its id, data, options, and
 * `<enqueued at> <attempts made> <claims> <crashes>`}. What has lost its data is claimed as well, for its
 * worker to see. A full Redis refuses it, unless a delayed one has become due.
 */
const CLAIM = `
local wait, active, limiter, delayed, meta, marker = unpack(KEYS)
local jobs, now, lockMs, asked = ARGV[1], tonumber(ARGV[2]), ARGV[3], #ARGV - 3
local paused, concurrency, max, duration = unpack(redis.call("HMGET", meta, "paused", "concurrency", "max", "duration"))
local due = redis.call("ZRANGEBYSCORE", delayed, 0, (now + 1) * ${DELAY_UNIT} - 1, "LIMIT", 0, ${PROMOTED_MAX})
if #due > 0 then
  redis.call("ZREM", delayed, unpack(due))
  redis.call("LPUSH", wait, unpack(due))
end
local open = paused and 0 or asked
if concurrency then open = math.min(open, math.max(0, tonumber(concurrency) - redis.call("LLEN", active))) end
local room, limitedMs = open, 0
if max then
  local left = tonumber(max) - tonumber(redis.call("GET", limiter) or 0)
  if left <= 0 then
    limitedMs = math.max(0, redis.call("PTTL", limiter))
    -- It has run out just now, or nobody said when it would.
    if limitedMs == 0 then
      redis.call("DEL", limiter)
      left = tonumber(max)
    end
  end
  room = math.min(room, math.max(0, left))
end
-- The first one by what a full Redis refuses, in a script that has not written yet.
local ids, claimed = {room > 0 and redis.call("RPOPLPUSH", wait, active) or nil}, {}
local more = #ids > 0 and room > 1 and redis.call("RPOP", wait, room - 1)
if more then
  redis.call("LPUSH", active, unpack(more))
  for i, id in ipairs(more) do ids[i + 1] = id end
end
if #ids > 0 then
  for i, id in ipairs(ids) do
    local job = jobs .. id
    redis.call("SET", job .. ":lock", ARGV[i + 3], "PX", lockMs)
    local data, options, enqueuedAt, attempts, claims, crashes =
      unpack(redis.call("HMGET", job, "data", "opts", "timestamp", "atm", "ats", "stc"))
    claims = (claims or 0) + 1
    redis.call("HSET", job, "ats", claims)
    local facts = (enqueuedAt or 0) .. " " .. (attempts or 0) .. " " .. claims .. " " .. (crashes or 0)
    claimed[4 * i - 3], claimed[4 * i - 2], claimed[4 * i - 1], claimed[4 * i] = id, data or "", options or "", facts
  end
  if max then
    local used = redis.call("INCRBY", limiter, #ids)
    if used == #ids then redis.call("PEXPIRE", limiter, math.floor(math.abs(tonumber(duration or 0)))) end
    if #ids < asked and used >= tonumber(max) then limitedMs = math.max(0, redis.call("PTTL", limiter)) end
  end
end
-- Others may claim what is left.
if open > 0 and #ids + #due > 0 and redis.call("LLEN", wait) > 0 then redis.call("ZADD", marker, 0, "0") end
local nextDue = limitedMs == 0 and not paused and #ids < asked and redis.call("ZRANGE", delayed, 0, 0, "WITHSCORES")[2]
local nextDueAt = nextDue and math.floor(tonumber(nextDue) / ${DELAY_UNIT}) or 0
return {limitedMs, nextDueAt, concurrency and 1 or 0, unpack(claimed)}
`;

/** What is known of a delivery that was claimed, as it stands in its lane. */
export interface ClaimedJob {
  readonly id: string;
  /** JSON; empty where it was lost. */
  readonly data: string;
  /** BullMQ's options, as JSON; empty where they were lost. */
  readonly options: string;
  /** Unix ms when it was enqueued, or replayed last. */
  readonly enqueuedAt: number;
  /** Attempts that were made and counted, since the last replay. */
  readonly attemptsMade: number;
  /** How often it was claimed, this time included. */
  readonly claims: number;
  /** How often a claim of it ran out. */
  readonly crashes: number;
}

export interface ClaimedJobs {
  /** In the order of the tokens, for as many as there were; none where the lane is paused, or empty. */
  readonly jobs: readonly ClaimedJob[];
  /** Ms until the lane's rate allows more; 0: it does not hold anything up. */
  readonly limitedMs: number;
  /** Unix ms when the next delayed one is due; 0: nothing is known of one. */
  readonly nextDueAt: number;
  /** Whether the lane has a limit in flight, so that an end of one may let another be claimed. */
  readonly hasLimit: boolean;
}

type ClaimCommand = (
  keyCount: number,
  ...keysAndValues: (string | number)[]
) => Promise<[limitedMs: number, nextDueAt: number, hasLimit: number, ...claimed: string[]]>;

/** Claims for as many as there are tokens. @param lockMs how long a claim holds. */
export function createClaimWaiting(
  { redis, keys }: Shard,
  lane: string,
  lockMs: number,
): (tokens: readonly string[], now: number) => Promise<ClaimedJobs> {
  redis.defineCommand("postriderClaim", { lua: CLAIM });
  const { postriderClaim } = redis as unknown as { postriderClaim: ClaimCommand };
  const parts = ["wait", "active", "limiter", "delayed", "meta", "marker"] as const;
  const names = parts.map((part) => keys.ofLane(lane, part));
  const jobs = keys.job(lane, "");
  return async (tokens, now) => {
    const answer = await postriderClaim.call(redis, names.length, ...names, jobs, now, lockMs, ...tokens);
    const [limitedMs, nextDueAt, hasLimit, ...claimed] = answer;
    return { jobs: toJobs(claimed), limitedMs, nextDueAt, hasLimit: hasLimit === 1 };
  };
}

function toJobs(claimed: readonly string[]): ClaimedJob[] {
  const jobs: ClaimedJob[] = [];
  for (let at = 0; at < claimed.length; at += 4) {
    const [id = "", data = "", options = "", facts = ""] = claimed.slice(at, at + 4);
    const [enqueuedAt = 0, attemptsMade = 0, claims = 1, crashes = 0] = facts.split(" ").map(Number);
    jobs.push({ id, data, options, enqueuedAt, attemptsMade, claims, crashes });
  }
  return jobs;
}
