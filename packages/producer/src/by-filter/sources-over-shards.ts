// Sources over several shards, as one: one shard after the other, or all at once in the order of time.

import { byName, joinPlace, shardsFrom } from "../over-shards/joined-place.ts";
import { type Batch, noPlace, type Row, type Source } from "./source.ts";

export interface SourceOfShard {
  readonly shard: string;
  readonly source: Source;
}

/** One shard after the other. @param find those that answer. */
export function inTurn(find: () => readonly SourceOfShard[]): Source {
  return async function* (filter, after) {
    for (const { shard, source, place, behind } of toWalked(find(), after))
      for await (const { rows, looked, next } of source(filter, place))
        yield {
          rows: rows.map((row) => ({ ...row, place: joinPlace(shard, row.place) })),
          looked,
          next: next === null ? behind : joinPlace(shard, next),
        };
  };
}

interface WalkedSource extends SourceOfShard {
  /** Where it goes on; null: from its beginning. */
  readonly place: string | null;
  /** Where whoever has come to its end goes on; null: it is the last one. */
  readonly behind: string | null;
}

/** Those that are left, from a place on. */
function toWalked(found: readonly SourceOfShard[], after: string | null): WalkedSource[] {
  const sources = new Map(found.map(({ shard, source }) => [shard, source]));
  const walked = shardsFrom([...sources.keys()].sort(byName), after);
  return walked.flatMap(({ shard, after: place }, index) => {
    const source = sources.get(shard);
    const following = walked[index + 1];
    const behind = following === undefined ? null : joinPlace(following.shard, "");
    return source === undefined ? [] : [{ shard, source, place, behind }];
  });
}

/**
 * All of them at once, each of which tells its latest first. @param find those that answer. @param order the
 * higher one comes first.
 */
export function inOrder(find: () => readonly SourceOfShard[], order: (row: Row) => number): Source {
  return async function* (filter, after) {
    const places = after === null ? {} : parsePlaces(after);
    const walks = find().flatMap(({ shard, source }) => {
      const place = places[shard];
      return place === null ? [] : [openWalk(shard, source(filter, place ?? null))];
    });
    const merged = createMerge(walks, places, order);
    do {
      const looked = await merged.pull();
      yield { rows: merged.take(), looked, next: merged.isOver() ? null : merged.place() };
    } while (!merged.isOver());
  };
}

function createMerge(walks: readonly Walk[], places: Places, order: (row: Row) => number) {
  const now: Places = { ...places };
  const note = (walk: Walk, place: string | null): string => {
    now[walk.shard] = walk.rows.length === 0 ? walk.next : place;
    return JSON.stringify(now);
  };
  const isComplete = (): boolean => walks.every((walk) => walk.isOver || walk.rows.length > 0);
  return {
    isOver: (): boolean => walks.every((walk) => walk.isOver && walk.rows.length === 0),
    place: (): string => JSON.stringify(now),
    /** Reads more where something is missing. @returns how many were looked at. */
    async pull(): Promise<number> {
      const empty = walks.find((walk) => !walk.isOver && walk.rows.length === 0);
      if (empty === undefined) return 0;
      const looked = await empty.pull();
      if (empty.rows.length === 0) note(empty, empty.next);
      return looked;
    },
    /** Takes all rows of which it is known that none comes before them. */
    take(): Row[] {
      const rows: Row[] = [];
      while (isComplete()) {
        const walk = findAhead(walks, order);
        const row = walk?.rows.shift();
        if (walk === null || row === undefined) break;
        rows.push({ ...row, place: note(walk, row.place) });
      }
      return rows;
    },
  };
}

/** The one whose next row comes first; null: none has any. */
function findAhead(walks: readonly Walk[], order: (row: Row) => number): Walk | null {
  let best: { readonly walk: Walk; readonly rank: number } | null = null;
  for (const walk of walks) {
    const [row] = walk.rows;
    const rank = row === undefined ? Number.NEGATIVE_INFINITY : order(row);
    if (row !== undefined && (best === null || rank > best.rank)) best = { walk, rank };
  }
  return best?.walk ?? null;
}

/** By shard: where it goes on; null: nothing is left of it. */
type Places = Record<string, string | null>;

/** @throws `filter_invalid`. */
function parsePlaces(text: string): Places {
  try {
    const parsed = JSON.parse(text) as unknown;
    const isPlaces =
      typeof parsed === "object" &&
      parsed !== null &&
      Object.values(parsed).every((place) => place === null || typeof place === "string");
    if (isPlaces) return parsed as Places;
  } catch {
    // Falls through to the one answer for whatever is none.
  }
  throw noPlace();
}

interface Walk {
  readonly shard: string;
  /** What was read and not yet handed on. */
  readonly rows: Row[];
  /** Whether there is nothing to be read behind them. */
  readonly isOver: boolean;
  /** Where it goes on behind them. */
  readonly next: string | null;
  /** Reads some more. @returns how many were looked at for it. */
  pull(): Promise<number>;
}

function openWalk(shard: string, batches: AsyncGenerator<Batch>): Walk {
  const walk = {
    shard,
    rows: [] as Row[],
    isOver: false,
    next: null as string | null,
    async pull() {
      const { value, done } = (await batches.next()) as IteratorResult<Batch, undefined>;
      walk.isOver = done === true || value.next === null;
      if (done === true) walk.next = null;
      else {
        walk.rows.push(...value.rows);
        walk.next = value.next;
      }
      return done === true ? 0 : value.looked;
    },
  };
  return walk;
}

/** For rows of what is open first, the latest of what has ended behind it. */
export function byTime({ listed: { outcome } }: Row): number {
  return outcome?.endedAt ?? Number.POSITIVE_INFINITY;
}
