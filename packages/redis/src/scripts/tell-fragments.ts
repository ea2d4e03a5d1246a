// The piece of Lua by which outcomes flow back: prepended to the script that records them, so that an outcome
// is told in the very step that makes it one, whatever is killed.

/**
 * `tell(entry)` for each outcome, then `told(kept)` once: adds them to the stream of outcomes, whose ids
 * count (`<place>-<Unix ms>`, so that a reader knows how many it has not seen), and drops the oldest beyond
 * `kept`. Needs the locals `outcomes` and `totals`, keys. Writes no first: Redis lets a stream grow at
 * maxmemory only in a script that has written before.
 */
export const TELL = `
local place, placedAt
local function tell(entry)
  if not place then
    local last = redis.call("XREVRANGE", outcomes, "+", "-", "COUNT", 1)[1]
    -- A stream that was deleted by hand must not count from one again, behind its readers.
    place = math.max(tonumber(redis.call("HGET", totals, "outcomes") or "0"), last and tonumber(string.match(last[1], "^%d+")) or 0)
    local time = redis.call("TIME")
    placedAt = string.format("%d", time[1] * 1000 + math.floor(time[2] / 1000))
  end
  place = place + 1
  redis.call("XADD", outcomes, string.format("%.0f-%s", place, placedAt), "o", entry)
end
local function told(kept)
  if not place then return end
  redis.call("HSET", totals, "outcomes", string.format("%.0f", place))
  redis.call("XTRIM", outcomes, "MAXLEN", "~", kept)
end
`;
