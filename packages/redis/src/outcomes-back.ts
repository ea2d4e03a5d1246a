// The stream of outcomes, read backwards: the latest first. Its readers read it forwards (read-told.ts).

import { parseOutcomeEntry, type StoredOutcome } from "@postrider/shared/outcome-entry";
import { placeOf, timeOf } from "./reader-groups.ts";
import { type Placed, toPlaced } from "./scripts/read-told.ts";
import type { Shard } from "./shard.ts";

type Stored = [id: string, fields: string[]];

const ENTRIES_AT_ONCE = 16;

/** Reads so many outcomes before one of them. @param before its id; null: from the latest. */
export async function readOutcomesBefore(
  shard: Shard,
  before: string | null,
  count: number,
): Promise<Placed<StoredOutcome>[]> {
  const { redis, keys } = shard;
  const found: Placed<StoredOutcome>[] = [];
  let end = before === null ? "+" : await findEntryBefore(shard, before);
  while (found.length < count) {
    const entries: Stored[] = await redis.xrevrange(keys.outcomes(), end, "-", "COUNT", ENTRIES_AT_ONCE);
    for (const entry of entries) found.push(...toOutcomes(entry).reverse().filter(isBefore(before)));
    const last = entries.at(-1);
    if (last === undefined || entries.length < ENTRIES_AT_ONCE) break;
    end = `(${last[0]}`;
  }
  return found.slice(0, count);
}

/** The entry that holds the outcome before one: an entry's id is that of its last. */
async function findEntryBefore({ redis, keys }: Shard, before: string): Promise<string> {
  const place = placeOf(before) - 1;
  const [entry]: Stored[] = await redis.xrange(keys.outcomes(), `${place}-0`, "+", "COUNT", 1);
  return entry?.[0] ?? "+";
}

function isBefore(before: string | null): (outcome: Placed<StoredOutcome>) => boolean {
  return ({ id }) => before === null || placeOf(id) < placeOf(before);
}

/**
 * An id of the stream before which all were told at a time or earlier; null: all were. Places count up
 * without a gap, so it is looked for in the middle of what is left.
 * @param to Unix ms.
 */
export async function findOutcomesUntil({ redis, keys }: Shard, to: number): Promise<string | null> {
  const stream = keys.outcomes();
  const [newest]: Stored[] = await redis.xrevrange(stream, "+", "-", "COUNT", 1);
  const [oldest]: Stored[] = await redis.xrange(stream, "-", "+", "COUNT", 1);
  if (newest === undefined || oldest === undefined || timeOf(newest[0]) <= to) return null;
  let [low, high] = [placeOf(oldest[0]) - Number(oldest[1][1]) + 1, placeOf(newest[0])];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [entry = newest]: Stored[] = await redis.xrange(stream, `${middle}-0`, "+", "COUNT", 1);
    if (timeOf(entry[0]) > to) high = middle;
    else low = middle + 1;
  }
  return `${low}-0`;
}

function toOutcomes([id, [, count = "", , text = ""]]: Stored): Placed<StoredOutcome>[] {
  return toPlaced([id, count, text], parseOutcomeEntry);
}
