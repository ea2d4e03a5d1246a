// The pieces of Lua by which outcomes and events flow back: prepended to the scripts that bring them about,
// so that each is told in the very step that makes it one, whatever is killed. Places count in both streams,
// so that a reader knows how many it has not seen (told-streams.ts).

/** The most that events can take in Redis, some 200 bytes each, where no worker is there to keep fewer. */
export const EVENTS_MAX = 1_000_000;

/**
 * `latestTold(stream, totals, counter)`: the latest place ever told, and `stepTime()`: Unix ms as a text, the
 * same however often a step asks.
 */
const LATEST = `
local stepAt
local function stepTime()
  if not stepAt then
    local time = redis.call("TIME")
    stepAt = string.format("%d", time[1] * 1000 + math.floor(time[2] / 1000))
  end
  return stepAt
end
local function latestTold(stream, totals, counter)
  local last = redis.call("XREVRANGE", stream, "+", "-", "COUNT", 1)[1]
  -- A stream that was deleted by hand must not count from one again, behind its readers.
  return math.max(tonumber(redis.call("HGET", totals, counter) or "0"), last and tonumber(string.match(last[1], "^%d+")) or 0), stepTime()
end
`;

/**
 * `tell(outcome)` for each outcome, which gives back its place, then `told(heads, kept)` once: adds them to
 * the stream of outcomes as one entry, whose text is `[heads,outcome,…]`, and drops the oldest beyond `kept`.
 * Needs the locals `outcomes` and `totals`, keys. Redis lets a stream grow at maxmemory only in a script that
 * has written before.
 */
export const TELL = `${LATEST}
local lastPlace, telling, toldAt = nil, {}, nil
local function tell(outcome)
  if not lastPlace then lastPlace, toldAt = latestTold(outcomes, totals, "outcomes") end
  telling[#telling + 1] = outcome
  return lastPlace + #telling
end
local function told(heads, kept)
  if #telling == 0 then return end
  local place = lastPlace + #telling
  local id = string.format("%.0f-%s", place, toldAt)
  redis.call("XADD", outcomes, id, "n", #telling, "o", "[" .. heads .. "," .. table.concat(telling, ",") .. "]")
  redis.call("HSET", totals, "outcomes", string.format("%.0f", place))
  if place > kept then redis.call("XTRIM", outcomes, "MINID", "~", string.format("%.0f-0", place - kept + 1)) end
end
`;

/**
 * `tellEvent(events, totals, id, data)`: adds an event to the stream of events; `data` is JSON. An id that
 * ends in a star gets its place there.
 */
export const TELL_EVENT = `${LATEST}
local function tellEvent(events, totals, id, data)
  local latest, at = latestTold(events, totals, "events")
  local place = string.format("%.0f-%s", latest + 1, at)
  redis.call("HSET", totals, "events", string.format("%.0f", latest + 1))
  redis.call("XADD", events, "MAXLEN", "~", ${EVENTS_MAX}, place, "n", 1, "o", string.gsub(id, "%*$", place) .. " " .. data)
end
`;
