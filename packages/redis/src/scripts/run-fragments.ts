// The piece of Lua by which a run ends: prepended to every script that may bring a run to its end, in worker
// and producer, so that the end is a part of the step that brings it about and comes exactly once, whatever
// is killed.

import { TELL_EVENT } from "./tell-fragments.ts";

/**
 * `complete(run)`: notes when a closed run had nothing left for the first time, and tells it. That moment
 * stays, also when deliveries of the run are replayed or more are enqueued later. `tellOfRun(type, run)`
 * tells what befalls a run once. Both need the locals `events` and `totals`, keys. Of a run that has parts in
 * other shards nothing is told here: whoever sees all of them does.
 */
export const COMPLETE_RUN = `${TELL_EVENT}
local function tellOfRun(kind, run, more)
  local facts = redis.call("HMGET", run, "action", "lane", "isPart")
  if facts[3] then return end
  local name = string.match(run, ":run:(.*)$")
  local data = more or {}
  data.run, data.action, data.lane = name, facts[1] or "", facts[2] or ""
  tellEvent(events, totals, kind .. ":" .. name, cjson.encode(data))
end
local function complete(run)
  local facts = redis.call("HMGET", run, "closedAt", "completedAt", "enqueued", "delivered", "failed", "expired", "cancelled", "isCancelled")
  if not facts[1] or facts[2] then return end
  local ended = 0
  for i = 4, 7 do ended = ended + tonumber(facts[i] or 0) end
  if ended < tonumber(facts[3] or 0) then return end
  -- What is told of it has the same time.
  redis.call("HSET", run, "completedAt", stepTime())
  tellOfRun("run.completed", run, {
    enqueued = tonumber(facts[3] or 0), delivered = tonumber(facts[4] or 0), failed = tonumber(facts[5] or 0),
    expired = tonumber(facts[6] or 0), cancelled = tonumber(facts[7] or 0), isCancelled = facts[8] ~= false
  })
end
`;
