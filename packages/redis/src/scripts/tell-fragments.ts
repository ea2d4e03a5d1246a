// The piece of Lua by which outcomes flow back: prepended to the script that records them, so that an outcome
// is told in the very step that makes it one, whatever is killed.

/**
 * `tell(outcome)` for each outcome, which gives back its place, then `told(heads, kept)` once: adds them to
 * the stream of outcomes as one entry, and drops the oldest beyond `kept`. Places count, so that a reader
 * knows how many it has not seen; an entry's id is the place of its last outcome and the time,
 * `<place>-<Unix ms>`, and its fields are `n`, how many it tells, and `o`, `[heads,outcome,…]`. Needs the
 * locals `outcomes` and `totals`, keys. Redis lets a stream grow at maxmemory only in a script that has
 * written before.
 */
export const TELL = `
local lastPlace, telling = nil, {}
local function tell(outcome)
  if not lastPlace then
    local last = redis.call("XREVRANGE", outcomes, "+", "-", "COUNT", 1)[1]
    -- A stream that was deleted by hand must not count from one again, behind its readers.
    lastPlace = math.max(tonumber(redis.call("HGET", totals, "outcomes") or "0"), last and tonumber(string.match(last[1], "^%d+")) or 0)
  end
  telling[#telling + 1] = outcome
  return lastPlace + #telling
end
local function told(heads, kept)
  if #telling == 0 then return end
  local place, time = lastPlace + #telling, redis.call("TIME")
  local id = string.format("%.0f-%d", place, time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call("XADD", outcomes, id, "n", #telling, "o", "[" .. heads .. "," .. table.concat(telling, ",") .. "]")
  redis.call("HSET", totals, "outcomes", string.format("%.0f", place))
  if place > kept then redis.call("XTRIM", outcomes, "MINID", "~", string.format("%.0f-0", place - kept + 1)) end
end
`;
