// Reading a stream: as its entries come, for a group, or page by page behind a cursor. The one way for
// outcomes and for events.

import { asProducer } from "@postrider/redis/connect";
import { listGroups, type ReaderGroup, removeGroup, timeOf } from "@postrider/redis/reader-groups";
import { createAcknowledgeTold } from "@postrider/redis/scripts/acknowledge-told";
import { createReadTold, type Placed } from "@postrider/redis/scripts/read-told";
import type { Shard } from "@postrider/redis/shard";
import type { ToldStream } from "@postrider/redis/told-streams";
import { follow } from "./follow.ts";
import { type Page, type PageQuery, readPage } from "./page.ts";
import { checkGroup, type Kind, parseCursor, toCursor } from "./reading-cursor.ts";
import { heldGroup, invalidLimit, tooManyGroups, unknownGroup } from "./reading-errors.ts";

/** An entry, and the place behind it. */
export type Read<E> = E & {
  /** To go on behind it. */
  readonly cursor: string;
};

export interface ReadPage<E> {
  readonly entries: readonly Read<E>[];
  /** To ask for those behind them. */
  readonly after: string;
  /** Entries that are gone, unread, between the cursor and these; null: some, and nobody knows how many. */
  readonly missed: number | null;
}

/** A page, and where it was looked from. */
export interface PlacedPage<E> extends ReadPage<E> {
  readonly from: string;
}

export interface ReadQuery {
  /** A cursor; absent: from the oldest that is kept, or where the group is. */
  readonly after?: string;
  /** At most so many. */
  readonly limit?: number;
  /** Where one begins who has neither cursor nor group yet: `oldest` (what is kept), unless said. */
  readonly start?: "oldest" | "newest";
  /** Notes how far the group is: with `after`, that all up to there are done with. */
  readonly group?: string;
}

export interface ReaderOptions {
  /** Its readers share one place: whoever comes after a reader that is gone goes on where it was. */
  readonly group: string;
  /** Where a group begins that is new: `oldest` (what is kept), or `newest` (what is yet to come). */
  readonly start?: "oldest" | "newest";
  /** Told when entries are gone unread (null: nobody knows how many); without it that is an error. */
  readonly onMissed?: (missed: number | null) => void;
  readonly signal?: AbortSignal;
}

/** For errors see `Outcomes` and `Events`, which are made of it. */
export interface StreamReader<E> {
  follow(options: ReaderOptions): AsyncIterableIterator<Read<E>>;
  read(query: ReadQuery): Promise<PlacedPage<E>>;
  groups(): Promise<ReaderGroup[]>;
  removeGroup(group: string): Promise<void>;
}

/** What is read, and how its entries are to be understood. */
export interface Readable<T, E> {
  readonly kind: Kind;
  readonly stream: ToldStream<T>;
  /** @param at Unix ms at which the entry was told. */
  readonly decode: (entry: T, at: number) => E;
}

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;

export function createReader<T, E extends object>(
  shard: Shard,
  { kind, stream, decode }: Readable<T, E>,
): StreamReader<E> {
  const read = createReadTold(shard, stream);
  const acknowledge = createAcknowledgeTold(shard, stream);
  const toRead = ({ id, told }: Placed<T>): Read<E> => ({
    cursor: toCursor(shard.name, id),
    ...decode(told, timeOf(id)),
  });
  const readFor = async (
    group: string | undefined,
    query: Pick<PageQuery, "from" | "limit" | "start">,
  ): Promise<Page<T>> => {
    const reader = group === undefined ? null : { group, reader: "page", holdMs: 0 };
    const page = await asProducer(async () => {
      const found = await readPage(read, { ...query, reader });
      if (typeof found !== "string" && reader !== null) await acknowledge(found.from, reader);
      return found;
    });
    if (page === "full") throw tooManyGroups(kind);
    if (page === "held") throw heldGroup(kind, group ?? "");
    return page;
  };
  return {
    async *follow({ group, start = "oldest", onMissed, signal }) {
      checkGroup(kind, group);
      for await (const entry of follow({ group, start, onMissed, signal }, { kind, read, acknowledge }))
        yield toRead(entry);
    },
    async read({ after, limit = LIMIT_DEFAULT, group, start = "oldest" }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) throw invalidLimit(kind, LIMIT_MAX);
      if (group !== undefined) checkGroup(kind, group);
      const from = after === undefined ? "" : parseCursor(kind, shard.name, after);
      const { entries, missed, ...page } = await readFor(group, { from, limit, start });
      const places = { from: toCursor(shard.name, page.from), after: toCursor(shard.name, page.after) };
      return { entries: entries.map(toRead), ...places, missed };
    },
    groups: () => asProducer(() => listGroups(shard, stream)),
    async removeGroup(group) {
      checkGroup(kind, group);
      if (!(await asProducer(() => removeGroup(shard, stream, group)))) throw unknownGroup(kind, group);
    },
  };
}
