// TAKE_IN: puts a chunk of deliveries into a lane, in one step that marks, counts and indexes them, too.
// BullMQ adds jobs by a script for each; this one leaves what those leave, for all of them at once, and a
// test holds one against the other. Left out is what nothing asks for: a job's name, what is 0, and the
// events that BullMQ would tell of it.

import { type Delivery, homeOf } from "@postrider/shared/delivery";
import { IN_LANE } from "@postrider/shared/outcome";
import type { JobsOptions } from "bullmq";
import { DELAY_UNIT, LANE_FIELD } from "../counts.ts";
import { ADD_OPEN } from "../customer-index.ts";
import { LANE_EVENTS_MAX, RUN_KEPT_SECONDS, type ShardKeys } from "../keys.ts";
import type { ScriptArguments } from "../transact.ts";
import { DROP_LETTER } from "./lane-fragments.ts";

export interface Admission {
  readonly id: string;
  readonly delivery: Delivery;
  /** The delivery as JSON, as it lies in the lane. */
  readonly data: string;
  /** Unix ms; absent: at once. */
  readonly sendAt?: number;
  /** Where its customer stands in the index of customers; absent: nowhere. */
  readonly customerPlace?: string;
  /** Its id was made for it, and nobody can have enqueued it before. */
  readonly isFresh?: boolean;
}

/** BullMQ's parts of a lane, in the order of TAKE_IN's keys. */
const PARTS = ["wait", "delayed", "marker", "meta", "active", "id", "events", "failed"] as const;
/**
 * Exists nowhere, so that a Cluster whose slot is on the way refuses the script as a whole, and not in the
 * middle of it.
 */
const NOWHERE = "none";

/**
 * `findLost(id, mark)`: the lane that a mark names, where its delivery is neither there nor in the present
 * lane, as after a person with a Redis client.
 */
const FIND_LOST = `
local function findLost(id, mark)
  local other = string.match(mark, "^${IN_LANE}(%S+)")
  if not other or redis.call("EXISTS", prefix .. other .. ":" .. id, jobs .. id) > 0 then return nil end
  -- A worker may be at it.
  return not redis.call("LPOS", prefix .. other .. ":active", id) and other or nil
end
`;

/** `toScore(due)`: where BullMQ puts a delayed job, behind all that are due in the same millisecond. */
const TO_SCORE = `
local latestDue, latestScore
local function toScore(due)
  local least, most = due * ${DELAY_UNIT}, (due + 1) * ${DELAY_UNIT} - 1
  if due ~= latestDue then
    local found = redis.call("ZREVRANGEBYSCORE", delayed, most, least, "WITHSCORES", "LIMIT", 0, 1)
    latestDue, latestScore = due, tonumber(found[2] or least - 1)
  end
  latestScore = math.min(latestScore + 1, most)
  return latestScore
end
`;

/**
 * Takes in those that are not known, each once: marks them and counts them, for the run and in all. One that
 * was lost is taken in again, uncounted.
 * Input: KEYS the lane's parts, run (or totals again: no run), totals, none; ARGV 1 what all keys of the
 * shard begin with, 2 what marks and 3 what lists of customers begin with, 4 the lane, 5 ttl seconds of the
 * run, 6 the home lane's field in totals, 7 now, 8 a job's options as JSON, 9 how many deliveries, then all
 * of their ids, all of their data, all of their customers' places ("" = not indexed), and, unless all are to
 * be sent now, their due times in Unix ms ("" = now).
 * Output: {how many are new, how many were lost, the places of all others, from 1}; {-1} when the run was
 * cancelled, and nothing was done.
 */
export const TAKE_IN = `
local wait, delayed, marker, meta, active, counter, events, failed, run, totals = unpack(KEYS)
local prefix, marks, lists, lane, seconds, home, now, options = unpack(ARGV, 1, 8)
local args, size = ARGV, tonumber(ARGV[9])
local dataFrom, placesFrom, duesFrom = 9 + size, 9 + 2 * size, 9 + 3 * size
local jobs, laneMark = prefix .. lane .. ":", "${IN_LANE}" .. lane
${DROP_LETTER}${ADD_OPEN}${FIND_LOST}${TO_SCORE}
local all, jobKeys, markKeys, toMark = {}, {}, {}, {}
for i = 1, size do
  local id = args[9 + i]
  all[i], jobKeys[i], markKeys[i] = i, jobs .. id, marks .. id
  toMark[2 * i - 1], toMark[2 * i] = markKeys[i], laneMark
end
local toBeAdded, toBeCounted, known, lost = all, all, {}, 0
-- Lua hands over a few thousand values at once, and no more.
local function inSlices(values, work)
  for i = 1, #values, 1000 do work(unpack(values, i, math.min(i + 999, #values))) end
end
local function count(keys)
  local sum = 0
  inSlices(keys, function(...) sum = sum + redis.call("EXISTS", ...) end)
  return sum
end
local marked, there = count(markKeys), count(jobKeys)
local isCancelled = run ~= totals and redis.call("HEXISTS", run, "isCancelled") == 1
-- Most often all are new, or a run is enqueued again.
if marked + there == 0 and not isCancelled then
  inSlices(toMark, function(...) redis.call("MSET", ...) end)
elseif marked == size and there == size then
  toBeAdded, toBeCounted, known = {}, {}, all
else
  toBeAdded, toBeCounted = {}, {}
  for i = 1, size do
    local id, mark = args[9 + i], redis.call("GET", markKeys[i])
    local lostLane = mark and findLost(id, mark)
    if mark and not lostLane then
      known[#known + 1] = i
    elseif isCancelled then
      return {-1}
    else
      redis.call("SET", markKeys[i], laneMark)
      if lostLane then
        lost = lost + 1
        -- Where only its data are gone it would be claimed twice.
        redis.call("LREM", prefix .. lostLane .. ":wait", 0, id)
        redis.call("ZREM", prefix .. lostLane .. ":delayed", id)
      else
        toBeCounted[#toBeCounted + 1] = i
      end
      -- A dead letter that is no longer known makes room.
      local isFree = redis.call("EXISTS", jobKeys[i]) == 0 or dropLetter(failed, jobs, id) == 1
      if isFree then toBeAdded[#toBeAdded + 1] = i end
    end
  end
end
local waiting, hasDelayed = {}, false
for _, i in ipairs(toBeAdded) do
  local id, data, due = args[9 + i], args[dataFrom + i], args[duesFrom + i]
  local delay = due and due ~= "" and due - now or 0
  if delay > 0 then
    local text = string.format("%.0f", delay)
    local delayedOptions = string.sub(options, 1, -2) .. ',"delay":' .. text .. "}"
    redis.call("HSET", jobKeys[i], "data", data, "opts", delayedOptions, "timestamp", now, "delay", text)
    redis.call("ZADD", delayed, toScore(tonumber(due)), id)
    hasDelayed = true
  else
    redis.call("HSET", jobKeys[i], "data", data, "opts", options, "timestamp", now)
    waiting[#waiting + 1] = id
  end
end
if #toBeAdded > 0 then
  redis.call("INCRBY", counter, #toBeAdded)
  local switches = redis.call("HMGET", meta, "paused", "concurrency", "opts.maxLenEvents")
  local paused, concurrency, eventsMax = unpack(switches)
  if not eventsMax then redis.call("HSET", meta, "opts.maxLenEvents", ${LANE_EVENTS_MAX}) end
  -- What claims tell there nothing else would trim.
  redis.call("XTRIM", events, "MAXLEN", "~", eventsMax or ${LANE_EVENTS_MAX})
  if #waiting > 0 then
    inSlices(waiting, function(...) redis.call("LPUSH", wait, ...) end)
    local isStopped = paused or concurrency and redis.call("LLEN", active) >= tonumber(concurrency)
    if not isStopped then redis.call("ZADD", marker, 0, "0") end
  end
  if hasDelayed then
    local first = redis.call("ZRANGE", delayed, 0, 0, "WITHSCORES")
    redis.call("ZADD", marker, first[2] / ${DELAY_UNIT}, "1")
  end
end
for _, i in ipairs(toBeCounted) do
  local place = args[placesFrom + i]
  if place ~= "" then addOpen(lists, place, args[9 + i], seconds) end
end
local new = #toBeCounted
if new > 0 then
  redis.call("HINCRBY", totals, "enqueued", new)
  redis.call("HSETNX", totals, home, 1)
  if run ~= totals then
    redis.call("HINCRBY", run, "enqueued", new)
    -- More has come: whoever enqueues it closes the run again.
    redis.call("HDEL", run, "closedAt")
    if redis.call("TTL", run) < tonumber(seconds) then redis.call("EXPIRE", run, seconds) end
  end
end
local answer = {new, lost}
for _, place in ipairs(known) do answer[#answer + 1] = place end
return answer
`;

/** Where a chunk goes, as far as the script is told. */
export interface TakingIn {
  readonly lane: string;
  /** Absent: deliveries of no run. */
  readonly run?: string;
  /** Attempts that BullMQ grants each. */
  readonly attempts: number;
  /** Unix ms. */
  readonly now: number;
}

/** TAKE_IN's arguments. */
export function toTakeIn(
  keys: ShardKeys,
  admissions: readonly [Admission, ...Admission[]],
  { lane, run, attempts, now }: TakingIn,
): ScriptArguments {
  // What is due in some months must still find its run then.
  const dueMs = admissions.reduce((most, { sendAt = 0 }) => Math.max(most, sendAt - now), 0);
  const values: ScriptArguments = [
    PARTS.length + 3,
    ...PARTS.map((part) => keys.ofLane(lane, part)),
    run === undefined ? keys.totals() : keys.run(run),
    keys.totals(),
    keys.ofLane(lane, NOWHERE),
    `${keys.prefix}:`,
    keys.outcome(""),
    keys.customersOpen(""),
    lane,
    RUN_KEPT_SECONDS + Math.ceil(dueMs / 1_000),
    // Their home, wherever they begin: their dead letters lie there. All of a chunk share it.
    `${LANE_FIELD}${homeOf(admissions[0].delivery)}`,
    now,
    JSON.stringify({ attempts } satisfies JobsOptions),
  ];
  values.push(admissions.length);
  for (const { id } of admissions) values.push(id);
  for (const { data } of admissions) values.push(data);
  for (const { customerPlace = "" } of admissions) values.push(customerPlace);
  if (dueMs > 0) for (const { sendAt = "" } of admissions) values.push(sendAt);
  return values;
}
