// Reads a stream for a group, one entry after the other, for as long as its reader likes. Each is handed on
// at least once: it counts as read when the next one is asked for. One reader at a time; others wait to take
// over.

import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { asProducer } from "@postrider/redis/connect";
import { placeOf } from "@postrider/redis/reader-groups";
import type { AcknowledgeTold } from "@postrider/redis/scripts/acknowledge-told";
import type { GroupReader, Placed, ReadTold } from "@postrider/redis/scripts/read-told";
import { hasCode } from "@postrider/shared/errors";
import { type Page, readPage } from "./page.ts";
import type { Kind } from "./reading-cursor.ts";
import { missedSome, tooManyGroups } from "./reading-errors.ts";

/** A reader that is gone has its group taken over after this. */
const HOLD_MS = 15_000;
/** How often, at least, it is noted what was read. */
const ACKNOWLEDGE_MS = 1_000;
const PAGE_MAX = 500;
/** How soon a new entry is noticed, at one small script each. */
export const IDLE_MS = 100;
const STANDBY_MS = 1_000;
const REDIS_AWAY_MS = 500;

export interface FollowOptions {
  readonly group: string;
  readonly start: "oldest" | "newest";
  /** Told when entries are gone that the group has not read; null: nobody knows how many. */
  readonly onMissed: ((missed: number | null) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface Following<T> {
  readonly kind: Kind;
  readonly read: ReadTold<T>;
  readonly acknowledge: AcknowledgeTold;
}

/**
 * Entries of the stream with their ids. Waits for more, for Redis, and for another reader of the group to be
 * gone; ends with the signal.
 * @throws `outcomes_missed` or `events_missed` where some are gone and nobody asked to be told otherwise; the
 * next reader goes on behind them.
 */
export async function* follow<T>(options: FollowOptions, following: Following<T>): AsyncGenerator<Placed<T>> {
  const { signal } = options;
  const reading = openReading(options, following);
  try {
    while (signal?.aborted !== true) {
      for (const entry of await reading.next()) {
        yield entry;
        if (!(await reading.isDone(entry.id))) break;
      }
    }
  } finally {
    await reading.close();
  }
}

interface Reading<T> {
  /** The next entries; none where there were none for a while. */
  next(): Promise<Page<T>["entries"]>;
  /** One was read. @returns whether the others may be. */
  isDone(id: string): Promise<boolean>;
  close(): Promise<void>;
}

function openReading<T>(
  { group, start, onMissed, signal }: FollowOptions,
  { kind, read, acknowledge }: Following<T>,
): Reading<T> {
  const reader: GroupReader = { group, reader: randomUUID(), holdMs: HOLD_MS };
  /** Where the next page begins; empty: where the group is. */
  let from = "";
  /** What was read; empty: nothing yet. */
  let done = "";
  let notedAt = performance.now();
  const note = async (mayGoBack = false): Promise<void> => {
    notedAt = performance.now();
    const isMine = await patiently(() => acknowledge(done, reader, mayGoBack), signal);
    // What another one reads now is not to be read here as well.
    if (isMine === false) from = "";
  };
  const begin = async (page: Page<T>): Promise<void> => {
    const { missed } = page;
    if (missed !== 0) done = toPlaceBefore(page);
    else if (from === "") done = page.from;
    // A group that has begun has a place, also where nothing was there yet.
    const isNews = from === "" || missed !== 0;
    from = page.after;
    if (isNews) await note(missed !== 0);
    if (missed !== 0) tellMissed(kind, missed, onMissed);
  };
  // Whoever takes long over one entry goes on reading for its group.
  const renewal = setInterval(() => void acknowledge(done, reader).catch(() => undefined), HOLD_MS / 3);
  renewal.unref();
  return {
    async next() {
      const page = await patiently(() => readPage(read, { from, limit: PAGE_MAX, reader, start }), signal);
      if (page === "full") throw tooManyGroups(kind);
      if (page === null || page === "held") {
        from = "";
        await sleep(STANDBY_MS, signal);
        return [];
      }
      await begin(page);
      if (page.entries.length === 0) await sleep(IDLE_MS, signal);
      return page.entries;
    },
    async isDone(id) {
      done = id;
      if (id === from || performance.now() - notedAt > ACKNOWLEDGE_MS) await note();
      return from !== "" && signal?.aborted !== true;
    },
    async close() {
      clearInterval(renewal);
      // Another reader need not wait until the right has run out.
      await acknowledge(done, { ...reader, holdMs: 0 }).catch(() => undefined);
    },
  };
}

function toPlaceBefore({ entries, after }: Page<unknown>): string {
  const [first] = entries;
  return first === undefined ? after : `${placeOf(first.id) - 1}-0`;
}

export function tellMissed(kind: Kind, missed: number | null, onMissed: FollowOptions["onMissed"]): void {
  if (onMissed === undefined) throw missedSome(kind, missed);
  onMissed(missed);
}

/** Waits for Redis as long as it takes. @returns null where the signal came first. */
export async function patiently<T>(
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | null> {
  while (signal?.aborted !== true) {
    try {
      return await asProducer(work);
    } catch (error) {
      if (!hasCode(error, "redis_unavailable")) throw error;
      await sleep(REDIS_AWAY_MS, signal);
    }
  }
  return null;
}

export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await setTimeout(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined);
}
