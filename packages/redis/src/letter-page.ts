// Walks the failed sets of several lanes as one list, newest first, page by page. A position in it stays good
// while letters come and go: it names a time and an id, not a rank.

import { asProducer } from "./connect.ts";
import { readReplies } from "./replies.ts";
import type { Shard } from "./shard.ts";

/** A letter's place in the order: later failures first, the ids of one millisecond backwards. */
export interface Position {
  /** Unix ms. */
  readonly failedAt: number;
  /** Empty: before all of this millisecond. */
  readonly id: string;
}

export interface LetterRef extends Position {
  /** The delivery's home. */
  readonly lane: string;
}

export interface Page {
  readonly refs: readonly LetterRef[];
  /** Where the next page begins; null after the last one. */
  readonly next: Position | null;
}

/** Before all letters. */
export function startAt(to: number | null): Position {
  return { failedAt: to ?? Number.POSITIVE_INFINITY, id: "" };
}

/**
 * The letters after a position. Ids of one millisecond are compared byte by byte, as the set orders them,
 * whatever the locale.
 * Input: KEYS failed; ARGV time, id, how many. Output: id, time, …, newest first, and one more where there
 * are more.
 */
const PAGE = `
local function isLess(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end
local first = redis.call("ZCOUNT", KEYS[1], "(" .. ARGV[1], "+inf")
if ARGV[2] ~= "" then
  local last = redis.call("ZCOUNT", KEYS[1], ARGV[1], "+inf")
  while first < last do
    local middle = math.floor((first + last) / 2)
    if isLess(redis.call("ZREVRANGE", KEYS[1], middle, middle)[1], ARGV[2]) then last = middle else first = middle + 1 end
  end
end
return redis.call("ZREVRANGE", KEYS[1], first, first + ARGV[3], "WITHSCORES")
`;

/**
 * Members of a sorted set behind one of them, the highest scores first, and one more than asked for where
 * there are more. @param after empty: from the beginning.
 */
export async function readSetAfter(
  shard: Shard,
  key: string,
  after: { readonly score: string; readonly id: string; readonly count: number },
): Promise<{ readonly id: string; readonly score: string }[]> {
  const { score, id, count } = after;
  const reply = (await asProducer(() =>
    shard.redis.eval(PAGE, 1, key, score === "" ? "+inf" : score, id, count),
  )) as string[];
  return reply.flatMap((one, index) => (index % 2 === 0 ? [{ id: one, score: reply[index + 1] ?? "" }] : []));
}

/** Reads so many letters' ids after a position, over all lanes; none that failed before `from`. */
export async function readPage(
  shard: Shard,
  lanes: readonly string[],
  { after, from, count }: { readonly after: Position; readonly from: number | null; readonly count: number },
): Promise<Page> {
  const time = Number.isFinite(after.failedAt) ? String(after.failedAt) : "+inf";
  const perLane = await Promise.all(
    lanes.map(async (lane) => {
      const key = shard.keys.ofLane(lane, "failed");
      const found = await readSetAfter(shard, key, { score: time, id: after.id, count });
      return found.map(({ id, score }) => ({ lane, id, failedAt: Number(score) }));
    }),
  );
  // Nothing is known of a lane that has more, after its page's end: the others' letters beyond it belong to
  // the next page.
  const ends = perLane.flatMap((refs) => (refs.length > count ? [refs[count - 1] as LetterRef] : []));
  const [horizon = null] = ends.sort(inOrder);
  const refs = perLane
    .flat()
    .filter((ref) => horizon === null || inOrder(ref, horizon) <= 0)
    .sort(inOrder);
  const recent = from === null ? refs : refs.filter(({ failedAt }) => failedAt >= from);
  return { refs: recent, next: recent.length < refs.length ? null : horizon };
}

/** How many letters there are in these lanes, of those that failed within a time. */
export async function countLetters(
  shard: Shard,
  lanes: readonly string[],
  { from, to }: { readonly from: number | null; readonly to: number | null },
): Promise<number> {
  const pipeline = shard.redis.pipeline();
  for (const lane of lanes) pipeline.zcount(shard.keys.ofLane(lane, "failed"), from ?? "-inf", to ?? "+inf");
  const replies = await asProducer(async () => readReplies(await pipeline.exec()));
  return replies.reduce((sum: number, reply) => sum + Number(reply), 0);
}

function inOrder(a: Position, b: Position): number {
  return b.failedAt - a.failedAt || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id));
}

/** Ids that are read at once, of some 40 bytes each. */
const LETTERS_AT_ONCE = 1_000;

/**
 * The ids of dead letters, newest first, lane by lane. One that comes or goes meanwhile may be missed.
 */
export async function* readLetterIds(shard: Shard, lanes: readonly string[]): AsyncGenerator<string[]> {
  for (const lane of lanes)
    for (let from = 0; ; from += LETTERS_AT_ONCE) {
      const until = from + LETTERS_AT_ONCE - 1;
      const ids = await shard.redis.zrevrange(shard.keys.ofLane(lane, "failed"), from, until);
      yield ids;
      if (ids.length < LETTERS_AT_ONCE) break;
    }
}
