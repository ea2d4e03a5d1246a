// The index of customers: which deliveries are there for one, waiting or ended. BullMQ has none. Lists for
// many customers each, those of ended deliveries one for each part of the time that they are kept, so that
// they go by themselves. Of an ended one they hold its place in the stream of outcomes, which tells the rest.

import { LIST_CHARS } from "@postrider/shared/customer-place";
import { parseOutcomeEntry, type StoredOutcome } from "@postrider/shared/outcome-entry";
import type { ShardKeys } from "./keys.ts";
import { placeOf, timeOf } from "./reader-groups.ts";
import type { Shard } from "./shard.ts";

/** Parts of the time for which ended ones are kept. */
const PERIODS = 8;
/** Entries of one list; one customer can have many more than others. */
const ENTRIES_MAX = 5_000;

/** By so much longer than it has to a list of open ones stands, so that not each that is added renews it. */
const OPEN_SPARE_SECONDS = 24 * 3_600;

/**
 * `addOpen(lists, place, id, seconds)`: a delivery that was enqueued, and its customer's place; `lists` is
 * what the keys of all lists begin with. The list goes when what it holds has long been forgotten, as where
 * the workers keep no index and never take anything out of it.
 */
export const ADD_OPEN = `
local function addOpen(lists, place, id, seconds)
  local key = lists .. string.sub(place, 1, ${LIST_CHARS})
  local length = redis.call("RPUSH", key, string.sub(place, ${LIST_CHARS + 1}) .. id)
  if length == 1 or redis.call("TTL", key) < tonumber(seconds) then
    redis.call("EXPIRE", key, seconds + ${OPEN_SPARE_SECONDS})
  end
end
`;

/**
 * `index(open, ended, id, tag, place, seconds)`: a delivery that has ended, and its place in the stream of
 * outcomes (false: it is not told). Of a list with too many the oldest goes.
 */
export const INDEX_ENDED = `
local function index(open, ended, id, tag, place, seconds)
  redis.call("LREM", open, 1, tag .. id)
  if not place then return end
  local length = redis.call("RPUSH", ended, tag .. string.format("%.0f", place))
  if length == 1 then redis.call("EXPIRE", ended, seconds) end
  if length > ${ENTRIES_MAX} then redis.call("LPOP", ended) end
end
`;

/** The lists that a customer's ended deliveries leave and enter at a time, and the customer's tag there. */
export function toEndedPlace(
  keys: ShardKeys,
  place: string,
  at: number,
  keptMs: number,
): { open: string; ended: string; tag: string } {
  const list = place.slice(0, LIST_CHARS);
  return {
    open: keys.customersOpen(list),
    ended: keys.customersEnded(Math.floor(at / toPeriodMs(keptMs)), list),
    tag: place.slice(LIST_CHARS),
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

/** What FIND finds: the text behind the tag, and `add(text)` says whether that is enough. */
const LOOK_THROUGH = `
local found, count, chars = {}, tonumber(ARGV[2]), #ARGV[1]
local function lookThrough(first, add)
  for i = first, #KEYS do
    local entries = redis.call("LRANGE", KEYS[i], 0, -1)
    for j = #entries, 1, -1 do
      if string.sub(entries[j], 1, chars) == ARGV[1] then add(string.sub(entries[j], chars + 1)) end
      if #found == count then return end
    end
  end
end
`;

/**
 * Input: KEYS a list; ARGV a customer's tag, how many. Output: the ids behind the tag, the latest first.
 */
const FIND_OPEN = `${LOOK_THROUGH}
lookThrough(1, function(id) found[#found + 1] = id end)
return found
`;

/**
 * Input: KEYS the stream of outcomes, lists, the latest first; ARGV a customer's tag, how many. Output: per
 * outcome behind the tag that the stream still has, the latest of each list first, {place, id of the stream's
 * entry, how many that tells, its text}.
 */
const FIND_ENDED = `${LOOK_THROUGH}
lookThrough(2, function(place)
  local entry = redis.call("XRANGE", KEYS[1], place .. "-0", "+", "COUNT", 1)[1]
  if entry and tonumber(string.match(entry[1], "^%d+")) - entry[2][2] < tonumber(place) then
    found[#found + 1] = {place, entry[1], entry[2][2], entry[2][4]}
  end
end)
return found
`;

type Found = [place: string, entryId: string, count: string, text: string];
type Find<T> = (keys: number, ...keysAndValues: (string | number)[]) => Promise<T[]>;

export interface CustomerIndex {
  /** Ids of deliveries that had not ended, the latest first. Others' may be among them. */
  open(place: string, count: number): Promise<string[]>;
  /** What was told of those that have ended, the latest first. Others' may be among them. */
  ended(place: string, count: number, now: number): Promise<FoundOutcome[]>;
}

export interface FoundOutcome {
  /** Unix ms. */
  readonly endedAt: number;
  readonly stored: StoredOutcome;
}

/** @param keptMs how long ended ones are kept. */
export function createCustomerIndex({ redis, keys }: Shard, keptMs: number): CustomerIndex {
  redis.defineCommand("postriderFindOpen", { lua: FIND_OPEN });
  redis.defineCommand("postriderFindEnded", { lua: FIND_ENDED });
  const { postriderFindOpen, postriderFindEnded } = redis as unknown as {
    postriderFindOpen: Find<string>;
    postriderFindEnded: Find<Found>;
  };
  const split = (place: string) => ({ list: place.slice(0, LIST_CHARS), tag: place.slice(LIST_CHARS) });
  return {
    async open(place, count) {
      const { list, tag } = split(place);
      return await postriderFindOpen.call(redis, 1, keys.customersOpen(list), tag, count);
    },
    async ended(place, count, now) {
      const { list, tag } = split(place);
      const latest = Math.floor(now / toPeriodMs(keptMs));
      // One ahead: workers' clocks may be.
      const periods = Array.from({ length: PERIODS + 2 }, (_, back) => latest + 1 - back);
      const names = [keys.outcomes(), ...periods.map((period) => keys.customersEnded(period, list))];
      const found = await postriderFindEnded.call(redis, names.length, ...names, tag, count);
      return found.flatMap((one) => toFound(one) ?? []);
    },
  };
}

function toFound([place, entryId, count, text]: Found): FoundOutcome | null {
  const stored = parseOutcomeEntry(text)[Number(place) - (placeOf(entryId) - Number(count)) - 1];
  return stored === undefined ? null : { endedAt: timeOf(entryId), stored };
}
