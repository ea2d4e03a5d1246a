// The stream of outcomes, read backwards: the latest first. Its readers read it forwards (read-outcomes.ts).

import { placeOf } from "./outcome-groups.ts";
import type { Shard } from "./shard.ts";

export interface TellingEntry {
  /** In the stream: `<place>-<Unix ms>`. */
  readonly id: string;
  /** When it was told, Unix ms by Redis' clock. */
  readonly at: number;
  /** What was told. */
  readonly told: string;
}

type Stored = [id: string, fields: string[]];

/** Reads so many entries before one of them. @param before an id of the stream; null: from the latest. */
export async function readOutcomesBefore(
  { redis, keys }: Shard,
  before: string | null,
  count: number,
): Promise<TellingEntry[]> {
  const end = before === null ? "+" : `(${before}`;
  return (await redis.xrevrange(keys.outcomes(), end, "-", "COUNT", count)).map(toEntry);
}

/**
 * An id of the stream before which all were told at a time or earlier; null: all were. Places count up
 * without a gap, so it is looked for in the middle of what is left.
 * @param to Unix ms.
 */
export async function findOutcomesUntil({ redis, keys }: Shard, to: number): Promise<string | null> {
  const stream = keys.outcomes();
  const [newest] = (await redis.xrevrange(stream, "+", "-", "COUNT", 1)).map(toEntry);
  const [oldest] = (await redis.xrange(stream, "-", "+", "COUNT", 1)).map(toEntry);
  if (newest === undefined || oldest === undefined || newest.at <= to) return null;
  let [low, high] = [placeOf(oldest.id), placeOf(newest.id)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [entry = newest] = (await redis.xrange(stream, `${middle}-0`, "+", "COUNT", 1)).map(toEntry);
    if (entry.at > to) high = middle;
    else low = middle + 1;
  }
  return `${low}-0`;
}

function toEntry([id, fields]: Stored): TellingEntry {
  return { id, at: Number(id.slice(id.indexOf("-") + 1)), told: fields[1] ?? "" };
}
