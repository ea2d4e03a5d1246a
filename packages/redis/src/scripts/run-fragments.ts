// The piece of Lua by which a run ends: prepended to every script that may bring a run to its end, in worker
// and producer, so that the end is a part of the step that brings it about and comes exactly once, whatever
// is killed.

/**
 * `complete(run)`: notes when a closed run had nothing left for the first time. That moment stays, also when
 * deliveries of the run are replayed or more are enqueued later.
 */
export const COMPLETE_RUN = `
local function complete(run)
  local facts = redis.call("HMGET", run, "closedAt", "completedAt", "enqueued", "delivered", "failed", "expired", "cancelled")
  if not facts[1] or facts[2] then return end
  local ended = 0
  for i = 4, 7 do ended = ended + tonumber(facts[i] or 0) end
  if ended < tonumber(facts[3] or 0) then return end
  local time = redis.call("TIME")
  redis.call("HSET", run, "completedAt", string.format("%d", time[1] * 1000 + math.floor(time[2] / 1000)))
end
`;
