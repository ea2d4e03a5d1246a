// The index of customers: which deliveries are there for one, waiting or ended. BullMQ has none. Lists for
// many customers each, those of ended deliveries one for each part of the time that they are kept, so that
// they go by themselves.

import { LIST_CHARS, TAG_CHARS } from "@postrider/shared/customer-place";
import type { ShardKeys } from "./keys.ts";
import type { Shard } from "./shard.ts";

/** Parts of the time for which ended ones are kept. */
const PERIODS = 8;
/** Entries of one list; one customer can have many more than others. */
const ENTRIES_MAX = 5_000;
/** Base 36; until the year 2059. */
const TIME_CHARS = 8;

/**
 * `addOpen(key, entry, seconds)`: a delivery that was enqueued. The list goes when what it holds has long
 * been forgotten, as where the workers keep no index and never take anything out of it.
 */
export const ADD_OPEN = `
local function addOpen(key, entry, seconds)
  redis.call("RPUSH", key, entry)
  if redis.call("TTL", key) < tonumber(seconds) then redis.call("EXPIRE", key, seconds) end
end
`;

/**
 * `index(open, ended, id, place, told, seconds)`: a delivery that has ended; of a list with too many the
 * oldest goes.
 */
export const INDEX_ENDED = `
local function index(open, ended, id, place, told, seconds)
  redis.call("LREM", open, 1, string.sub(place, 1, ${TAG_CHARS}) .. id)
  local length = redis.call("RPUSH", ended, place .. told)
  if length == 1 then redis.call("EXPIRE", ended, seconds) end
  if length > ${ENTRIES_MAX} then redis.call("LPOP", ended) end
end
`;

/** The key of a list, from a customer's place, and what stands there of a delivery. */
export function toOpenEntry(keys: ShardKeys, place: string, id: string): { key: string; entry: string } {
  return { key: keys.customersOpen(place.slice(0, LIST_CHARS)), entry: place.slice(LIST_CHARS) + id };
}

/**
 * The lists that a customer's ended deliveries leave and enter at a time, and what stands there before its
 * text.
 */
export function toEndedPlace(
  keys: ShardKeys,
  place: string,
  at: number,
  keptMs: number,
): { open: string; ended: string; prefix: string } {
  const list = place.slice(0, LIST_CHARS);
  return {
    open: keys.customersOpen(list),
    ended: keys.customersEnded(Math.floor(at / toPeriodMs(keptMs)), list),
    prefix: place.slice(LIST_CHARS) + at.toString(36).padStart(TIME_CHARS, "0"),
  };
}

/**
 * How long a list of ended ones stands, in seconds: its own part of the time, and all of the time after it.
 */
export function toListSeconds(keptMs: number): number {
  return Math.ceil((keptMs + toPeriodMs(keptMs)) / 1_000);
}

function toPeriodMs(keptMs: number): number {
  return Math.ceil(keptMs / PERIODS);
}

/**
 * Input: KEYS lists, the latest first; ARGV a customer's tag, how many. Output: entries behind the tag, the
 * latest of each list first.
 */
const FIND = `
local found, count, chars = {}, tonumber(ARGV[2]), #ARGV[1]
for _, key in ipairs(KEYS) do
  local entries = redis.call("LRANGE", key, 0, -1)
  for i = #entries, 1, -1 do
    if string.sub(entries[i], 1, chars) == ARGV[1] then
      found[#found + 1] = string.sub(entries[i], chars + 1)
      if #found == count then return found end
    end
  end
end
return found
`;

type Find = (keys: number, ...keysAndValues: (string | number)[]) => Promise<string[]>;

export interface CustomerIndex {
  /** Ids of deliveries that had not ended, the latest first. Others' may be among them. */
  open(place: string, count: number): Promise<string[]>;
  /** What was told of those that have ended, the latest first. Others' may be among them. */
  ended(place: string, count: number, now: number): Promise<{ readonly at: number; readonly told: string }[]>;
}

/** @param keptMs how long ended ones are kept. */
export function createCustomerIndex({ redis, keys }: Shard, keptMs: number): CustomerIndex {
  redis.defineCommand("postriderFindCustomer", { lua: FIND });
  const { postriderFindCustomer } = redis as unknown as { postriderFindCustomer: Find };
  const find = (names: readonly string[], place: string, count: number): Promise<string[]> =>
    postriderFindCustomer.call(redis, names.length, ...names, place.slice(LIST_CHARS), count);
  return {
    open: (place, count) => find([keys.customersOpen(place.slice(0, LIST_CHARS))], place, count),
    async ended(place, count, now) {
      const latest = Math.floor(now / toPeriodMs(keptMs));
      // One ahead: workers' clocks may be.
      const periods = Array.from({ length: PERIODS + 2 }, (_, back) => latest + 1 - back);
      const names = periods.map((period) => keys.customersEnded(period, place.slice(0, LIST_CHARS)));
      const entries = await find(names, place, count);
      return entries.map((entry) => ({
        at: Number.parseInt(entry.slice(0, TIME_CHARS), 36),
        told: entry.slice(TIME_CHARS),
      }));
    },
  };
}
