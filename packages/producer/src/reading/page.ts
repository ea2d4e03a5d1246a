// One page of a stream behind a place, and whether its reader has missed anything: what was trimmed away, and
// what is gone since Redis went back to an earlier state.

import { placeOf } from "@postrider/redis/reader-groups";
import type { Found, GroupReader, Placed, ReadTold } from "@postrider/redis/scripts/read-told";

/** What lies behind a place. Ids are those of the stream. */
export interface Page<T> {
  /** Where it was looked from. */
  readonly from: string;
  readonly entries: readonly Placed<T>[];
  /** Where the next page begins. */
  readonly after: string;
  /**
   * Entries between the place and the page that nobody can read any more; null: their number is not known,
   * since Redis has lost what its readers had seen.
   */
  readonly missed: number | null;
}

export interface PageQuery {
  /** An id of the stream; empty: where the group is, or where one begins. */
  readonly from: string;
  readonly limit: number;
  readonly reader: GroupReader | null;
  /** Where one begins who has read nothing yet. */
  readonly start: "oldest" | "newest";
}

/** @returns `held` where another one reads for the group, `full` where there are too many groups. */
export async function readPage<T>(read: ReadTold<T>, query: PageQuery): Promise<Page<T> | "held" | "full"> {
  const { limit, reader, start } = query;
  const found = await read(query.from, limit, reader);
  if (typeof found === "string") return found;
  if (found.from === "")
    return readPage(read, {
      ...query,
      from: start === "oldest" ? beforeOldest(found) : toPlace(found.latest),
    });
  if (isRewound(found)) {
    const page = await readPage(read, { ...query, from: beforeOldest(found) });
    return typeof page === "string" ? page : { ...page, missed: null };
  }
  // The reader's own entry tells that Redis is the one that it knows.
  const entries = found.entries.filter(({ id }) => placeOf(id) > placeOf(found.from)).slice(0, limit);
  const missed = countMissed(found);
  const after = entries.at(-1)?.id ?? (missed > 0 ? toPlace(found.latest) : found.from);
  return { from: found.from, entries, after, missed };
}

function beforeOldest({ oldest, latest }: Found<unknown>): string {
  return toPlace(oldest === null ? latest : oldest - 1);
}

/** An id that stands for a place, whatever was told there. */
function toPlace(place: number): string {
  return `${place}-0`;
}

/** Whether the place is one that this Redis has not told: it has lost some, as in a failover. */
function isRewound({ from, latest, entries }: Found<unknown>): boolean {
  if (placeOf(from) > latest) return true;
  const own = entries.find(({ id }) => placeOf(id) >= placeOf(from));
  if (own === undefined || placeOf(own.id) !== placeOf(from)) return false;
  return !from.endsWith("-0") && own.id !== from;
}

function countMissed({ from, oldest, latest }: Found<unknown>): number {
  const next = oldest ?? latest + 1;
  return Math.max(0, next - placeOf(from) - 1);
}
