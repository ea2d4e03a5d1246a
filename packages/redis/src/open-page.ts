// Walks what has not ended in lanes, page by page: each lane's parts in order, the newest of each first. A
// place in it stays good while deliveries come and go: it names the delivery that was read last.

import { asProducer } from "./connect.ts";
import { DELAY_UNIT } from "./counts.ts";
import { readSetAfter } from "./letter-page.ts";
import type { Shard } from "./shard.ts";

/** BullMQ's parts of a lane, in the order in which they are walked. */
export const OPEN_PARTS = ["active", "wait", "paused", "prioritized", "delayed"] as const;
export type OpenPart = (typeof OPEN_PARTS)[number];

/** Behind the delivery that was read last of a part. */
export interface PartPlace {
  /** Of a list: how many are before this place. Of a sorted set: the score of the delivery. */
  readonly at: string;
  /** Its id; empty where none was read yet. */
  readonly id: string;
}

export const PART_BEGINNING: PartPlace = { at: "", id: "" };

export interface OpenRef {
  readonly lane: string;
  readonly part: OpenPart;
  readonly id: string;
  /** Behind it. */
  readonly place: PartPlace;
  /** Unix ms when a delayed one becomes due. */
  readonly dueAt: number | null;
}

export interface OpenPage {
  readonly refs: readonly OpenRef[];
  /** How many of a list were before the first one when it was read; 0 for a sorted set. */
  readonly first: number;
  /** Whether there may be more behind them. */
  readonly hasMore: boolean;
}

/**
 * What has come to a list, or left it, since its place was told: so many to either side are searched for
 * the delivery that was read last.
 */
const CAME_MAX = 10_000;
const LEFT_MAX = 1_000;

/**
 * Input: KEYS a list; ARGV how many are before the place, the id of the last of them ("" = any), how many.
 * Output: how many are before the first one now, then ids.
 */
const READ_LIST = `
local from, last = tonumber(ARGV[1]), ARGV[2]
if last ~= "" and redis.call("LINDEX", KEYS[1], from - 1) ~= last then
  local first = math.max(0, from - ${LEFT_MAX})
  for nth, id in ipairs(redis.call("LRANGE", KEYS[1], first, from + ${CAME_MAX})) do
    if id == last then
      from = first + nth
      break
    end
  end
end
local page = redis.call("LRANGE", KEYS[1], from, from + ARGV[3] - 1)
table.insert(page, 1, string.format("%d", from))
return page
`;

/** Reads so many ids of one part of a lane behind a place. @throws `redis_unavailable`. */
export async function readOpenPage(
  shard: Shard,
  of: { readonly lane: string; readonly part: OpenPart },
  { after, count }: { readonly after: PartPlace; readonly count: number },
): Promise<OpenPage> {
  const key = shard.keys.ofLane(of.lane, of.part);
  if (of.part === "delayed" || of.part === "prioritized")
    return await readSet(shard, key, { of, after, count });
  const { at, id } = after;
  const [before = "0", ...ids] = (await asProducer(() =>
    shard.redis.eval(READ_LIST, 1, key, at === "" ? 0 : at, id, count),
  )) as string[];
  const first = Number(before);
  return {
    refs: ids.map((one, nth) => ({
      ...of,
      id: one,
      place: { at: String(first + nth + 1), id: one },
      dueAt: null,
    })),
    first,
    hasMore: ids.length === count,
  };
}

async function readSet(
  shard: Shard,
  key: string,
  {
    of,
    after,
    count,
  }: {
    readonly of: { readonly lane: string; readonly part: OpenPart };
    readonly after: PartPlace;
    readonly count: number;
  },
): Promise<OpenPage> {
  const found = await readSetAfter(shard, key, { score: after.at, id: after.id, count });
  const refs = found.slice(0, count).map(({ id, score }) => ({
    ...of,
    id,
    place: { at: score, id },
    dueAt: of.part === "delayed" ? Math.floor(Number(score) / DELAY_UNIT) : null,
  }));
  return { refs, first: 0, hasMore: found.length > count };
}
