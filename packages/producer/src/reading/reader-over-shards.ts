// The streams of all shards, read as one. What is told in one shard keeps its order; what is told in several
// comes as it is met.

import type { ReaderGroup } from "@postrider/redis/reader-groups";
import { hasCode } from "@postrider/shared/errors";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import { mergeFollowers } from "./merge-followers.ts";
import type { PlacedPage, Read, ReadQuery, StreamReader } from "./reader.ts";
import { joinCursors, type Kind, parseCursor, splitCursor, timeOfCursor } from "./reading-cursor.ts";
import { unknownGroup } from "./reading-errors.ts";

/** Where no limit is given, as one shard's reader has it. */
const LIMIT_DEFAULT = 100;

export function readerOver<Part extends ShardPart, E extends object>(
  kind: Kind,
  over: OverShards<Part>,
  toReader: (part: Part) => StreamReader<E>,
): StreamReader<E> {
  return {
    follow: (options) =>
      mergeFollowers(
        () => over.all().map((part) => ({ shard: part.shard.name, follow: toReader(part).follow })),
        options,
      ),
    async read(query) {
      const given = query.after === undefined ? new Map<string, string>() : splitCursor(query.after);
      // A cursor without any place in a shard that there is was never handed out.
      const [first] = over.places();
      if (query.after !== undefined && !over.places().some((name) => given.has(name)))
        parseCursor(kind, first ?? "", query.after);
      const pages = await over.ask(async (part) => {
        const { name } = part.shard;
        return { name, page: await toReader(part).read(toQuery(query, given.get(name))) };
      });
      return mergePages(pages, given, query.limit ?? LIMIT_DEFAULT);
    },
    async groups() {
      const all = await over.ask(async (part) => ({
        name: part.shard.name,
        groups: await toReader(part).groups(),
      }));
      return addGroups(all);
    },
    async removeGroup(group) {
      const removed = await over.insist((part) => removeIn(toReader(part), kind, group));
      if (!removed.includes(true)) throw unknownGroup(kind, group);
    },
  };
}

/** @returns whether there was one. */
async function removeIn(reader: StreamReader<object>, kind: Kind, group: string): Promise<boolean> {
  try {
    await reader.removeGroup(group);
    return true;
  } catch (error) {
    if (hasCode(error, `${kind}_unknown`)) return false;
    throw error;
  }
}

/** A shard that a cursor does not know is younger than it: nothing of it was read. */
function toQuery({ after, ...query }: ReadQuery, here: string | undefined): ReadQuery {
  if (here !== undefined) return { ...query, after: here };
  return after === undefined ? query : { ...query, start: "oldest" };
}

interface PageOfShard<E> {
  readonly name: string;
  readonly page: PlacedPage<E>;
}

/** @param given the places that were asked from: those of shards that did not answer stay. Pure. */
export function mergePages<E>(
  pages: readonly PageOfShard<E>[],
  given: ReadonlyMap<string, string>,
  limit: number,
): PlacedPage<E> {
  const places = new Map(given);
  for (const { name, page } of pages) places.set(name, page.from);
  const from = joinCursors(places.values());
  const inOrder = pages.flatMap(timed).sort((one, other) => one.at - other.at);
  const some = inOrder.slice(0, limit);
  const entries = some.map(({ name, entry }): Read<E> => {
    places.set(name, entry.cursor);
    return { ...entry, cursor: joinCursors(places.values()) };
  });
  const taken = countBy(some);
  for (const { name, page } of pages)
    if ((taken.get(name) ?? 0) === page.entries.length) places.set(name, page.after);
  return { entries, from, after: joinCursors(places.values()), missed: addMissed(pages) };
}

/**
 * A shard's entries with the times by which they are put among those of others. A shard's own order stays,
 * also where its clock was set back: a place stands for all that is before it.
 */
function timed<E>({ name, page }: PageOfShard<E>) {
  let at = 0;
  return page.entries.map((entry) => {
    at = Math.max(at, timeOfCursor(entry.cursor));
    return { name, entry, at };
  });
}

/** Null: some, and nobody knows how many. */
function addMissed(pages: readonly PageOfShard<unknown>[]): number | null {
  return pages.reduce(
    (sum: number | null, { page: { missed } }) => (sum === null || missed === null ? null : sum + missed),
    0,
  );
}

function addGroups(
  all: readonly { readonly name: string; readonly groups: readonly ReaderGroup[] }[],
): ReaderGroup[] {
  const [only, ...others] = all;
  if (only !== undefined && others.length === 0) return [...only.groups];
  const sums = new Map<string, ReaderGroup>();
  for (const { name, groups } of all)
    for (const group of groups) {
      const known = sums.get(group.group);
      const places = [known?.place ?? null, group.place && `${name}.${group.place}`].filter(
        (one) => one !== null,
      );
      sums.set(group.group, {
        group: group.group,
        place: places.length === 0 ? null : places.join(","),
        unread: group.unread + (known?.unread ?? 0),
        readAt: Math.max(group.readAt, known?.readAt ?? 0),
      });
    }
  return [...sums.values()].sort((one, other) => (one.group < other.group ? -1 : 1));
}

function countBy(entries: readonly { readonly name: string }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of entries) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
