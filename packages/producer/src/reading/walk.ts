// Reads a stream for nobody but the one who asks, from a cursor on, for as long as that one likes: no place
// is kept anywhere.

import { IDLE_MS, patiently, sleep, tellMissed } from "./follow.ts";
import type { Read, ReadPage, ReadQuery } from "./reader.ts";
import type { Kind } from "./reading-cursor.ts";

export interface WalkOptions {
  /** Goes on behind this cursor; absent: from `start` on. */
  readonly after?: string;
  /** `oldest` (what is kept), unless said, or `newest` (what is yet to come). */
  readonly start?: "oldest" | "newest";
  /** Told when entries are gone unread (null: nobody knows how many); without it that is an error. */
  readonly onMissed?: (missed: number | null) => void;
  readonly signal?: AbortSignal;
}

/** Waits for more, and for Redis; ends with the signal. @throws `outcomes_missed` or `events_missed`. */
export async function* walk<E>(
  kind: Kind,
  read: (query: ReadQuery) => Promise<ReadPage<E>>,
  { after, start = "oldest", onMissed, signal }: WalkOptions,
): AsyncGenerator<Read<E>> {
  let query: ReadQuery = { start, ...(after !== undefined && { after }) };
  while (signal?.aborted !== true) {
    const asked = query;
    const page = await patiently(() => read(asked), signal);
    if (page === null) return;
    query = { after: page.after };
    if (page.missed !== 0) tellMissed(kind, page.missed, onMissed);
    yield* page.entries;
    if (page.entries.length === 0) await sleep(IDLE_MS, signal);
  }
}
