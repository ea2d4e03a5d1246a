// One page of outcomes behind a place, and whether its reader has missed any: what was trimmed away, and what
// is gone since Redis went back to an earlier state.

import { placeOf } from "@postrider/redis/outcome-groups";
import type {
  GroupReader,
  OutcomesFound,
  PlacedOutcome,
  ReadOutcomes,
} from "@postrider/redis/scripts/read-outcomes";
import { PostriderError } from "@postrider/shared/errors";

/** What lies behind a place. Ids are those of the stream. */
export interface Page {
  /** Where it was looked from. */
  readonly from: string;
  readonly outcomes: readonly PlacedOutcome[];
  /** Where the next page begins. */
  readonly after: string;
  /**
   * Outcomes between the place and the page that nobody can read any more; null: their number is not known,
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

/**
 * @returns null where another one reads for the group.
 * @throws PostriderError `outcomes_invalid` where there are too many groups.
 */
export async function readPage(read: ReadOutcomes, query: PageQuery): Promise<Page | null> {
  const { limit, reader, start } = query;
  const found = await read(query.from, limit, reader);
  if (found === "held") return null;
  if (found === "full") throw tooManyGroups();
  if (found.from === "")
    return readPage(read, {
      ...query,
      from: start === "oldest" ? beforeOldest(found) : toPlace(found.latest),
    });
  if (isRewound(found)) {
    const page = await readPage(read, { ...query, from: beforeOldest(found) });
    return page === null ? null : { ...page, missed: null };
  }
  // The reader's own outcome tells that Redis is the one that it knows.
  const outcomes = found.outcomes.filter(({ id }) => placeOf(id) > placeOf(found.from)).slice(0, limit);
  const missed = countMissed(found);
  const after = outcomes.at(-1)?.id ?? (missed > 0 ? toPlace(found.latest) : found.from);
  return { from: found.from, outcomes, after, missed };
}

function beforeOldest({ oldest, latest }: OutcomesFound): string {
  return toPlace(oldest === null ? latest : oldest - 1);
}

/** An id that stands for a place, whatever was told there. */
function toPlace(place: number): string {
  return `${place}-0`;
}

/** Whether the place is one that this Redis has not told: it has lost some, as in a failover. */
function isRewound({ from, latest, outcomes }: OutcomesFound): boolean {
  if (placeOf(from) > latest) return true;
  const own = outcomes.find(({ id }) => placeOf(id) >= placeOf(from));
  if (own === undefined || placeOf(own.id) !== placeOf(from)) return false;
  return !from.endsWith("-0") && own.id !== from;
}

function countMissed({ from, oldest, latest }: OutcomesFound): number {
  const next = oldest ?? latest + 1;
  return Math.max(0, next - placeOf(from) - 1);
}

function tooManyGroups(): PostriderError {
  return new PostriderError(
    "outcomes_invalid",
    "group: there are as many groups as there may be; remove one that nobody reads for any more",
  );
}
