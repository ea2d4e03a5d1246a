// Pieces of Lua for the scripts that move deliveries between lanes, in worker and producer. BullMQ has no
// such move, so they know its keys. Prepended to a script, each defines one function.

/**
 * Redis at maxmemory refuses what takes memory, but not in a script that has begun to write. What was sent
 * must be written down all the same, or it is sent again, and what was claimed must find its place. Claims
 * are refused then, so this is never more than what is in flight. The key exists nowhere.
 */
export const WRITE_WHEN_FULL = `redis.call("DEL", KEYS[1] .. ":none")\n`;

/**
 * `carry(from, to)`: takes a job, and the log of its attempts, from one lane's key to another's. What lists
 * name it in is the caller's part.
 */
export const CARRY = `
local function carry(from, to)
  if from == to then return end
  redis.call("RENAME", from, to)
  if redis.call("EXISTS", from .. ":logs") == 1 then redis.call("RENAME", from .. ":logs", to .. ":logs") end
end
`;

/**
 * `addWaiting(wait, marker, meta, id, …)`: puts jobs where they wait, the first one to be claimed first, and
 * wakes the workers of their lane unless that is paused.
 */
export const ADD_WAITING = `
local function addWaiting(wait, marker, meta, ...)
  redis.call("LPUSH", wait, ...)
  if redis.call("HEXISTS", meta, "paused") == 0 then redis.call("ZADD", marker, 0, "0") end
end
`;

/**
 * `dropLetter(failed, jobs, id)`: takes a dead letter away with its evidence; `jobs` is the prefix of its
 * lane's jobs. What is none stays. Gives back 1, or 0 when it is none.
 */
export const DROP_LETTER = `
local function dropLetter(failed, jobs, id)
  if redis.call("ZREM", failed, id) == 0 then return 0 end
  redis.call("DEL", jobs .. id, jobs .. id .. ":logs")
  return 1
end
`;

/** A claimed delivery, as far as a script needs to know it. */
export interface Claim {
  readonly id: string;
  readonly lane: string;
  /** The proof that the claim is this worker's. */
  readonly token: string;
}
