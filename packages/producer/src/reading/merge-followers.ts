// Follows the streams of several shards at once. An entry counts as read when the next one is asked for, so a
// shard is asked for its next entry only once the one before has been handed on and done with.

import { joinSignals } from "@postrider/shared/join-signals";
import { createSleeper } from "@postrider/shared/sleeper";
import type { Read, ReaderOptions } from "./reader.ts";
import { joinCursors } from "./reading-cursor.ts";

interface Follower<E> {
  readonly shard: string;
  readonly follow: (options: ReaderOptions) => AsyncIterableIterator<Read<E>>;
}

/** How soon a shard that is new is followed, too. */
const LOOK_MS = 1_000;

/**
 * @param find the shards there are at this moment, whether they answer or not.
 * @returns the entries of all of them. @throws what following one of them throws.
 */
export async function* mergeFollowers<E>(
  find: () => readonly Follower<E>[],
  options: ReaderOptions,
): AsyncGenerator<Read<E>> {
  const { signal } = options;
  const ending = new AbortController();
  const all = joinSignals(signal, ending.signal);
  const places = new Map<string, string>();
  const arrivals = createArrivals<Come<E>>(all);
  const walks = createWalks(find, { ...options, signal: all }, arrivals.add);
  try {
    while (!all.aborted) {
      const come = await arrivals.next();
      for (const gone of walks.look()) places.delete(gone);
      const entry = come === null ? null : walks.entryOf(come);
      if (come === null || entry === null) continue;
      places.set(come.shard, entry.cursor);
      yield { ...entry, cursor: joinCursors(places.values()) };
      walks.pull(come.shard);
    }
  } finally {
    ending.abort();
    await walks.close();
  }
}

/** A walk through each shard, of those there are. */
function createWalks<E>(
  find: () => readonly Follower<E>[],
  { start, signal, ...options }: ReaderOptions & { readonly signal: AbortSignal },
  add: (come: Come<E>) => void,
) {
  const walks = new Map<string, Walk>();
  const begin = (followers: readonly Follower<E>[], from: ReaderOptions["start"]): void => {
    for (const { shard, follow } of followers) {
      if (walks.has(shard)) continue;
      const open = (own: AbortSignal) => follow({ ...options, ...(from && { start: from }), signal: own });
      walks.set(shard, openWalk(shard, { open, signal, add }));
    }
  };
  begin(find(), start);
  let lookedAt = performance.now();
  return {
    /**
     * Walks through shards that are new, and leaves those that are gone, from time to time: by the clock, and
     * not when nothing comes, since where there is much to read something always does.
     * @returns the names of those that are gone.
     */
    look(): readonly string[] {
      if (performance.now() - lookedAt < LOOK_MS) return [];
      lookedAt = performance.now();
      const known = find();
      const gone = [...walks].filter(([name]) => !known.some(({ shard }) => shard === name));
      for (const [name, walk] of gone) {
        walks.delete(name);
        void walk.close();
      }
      // Of a shard that comes later everything is new.
      begin(known, "oldest");
      return gone.map(([name]) => name);
    },
    /** Null: there is none. @throws what following the shard throws, unless it is gone. */
    entryOf(come: Come<E>): Read<E> | null {
      if ("entry" in come) {
        if (come.entry === null) walks.delete(come.shard);
        return come.entry;
      }
      if (walks.has(come.shard)) throw come.error;
      return null;
    },
    pull: (shard: string): void => walks.get(shard)?.pull(),
    async close(): Promise<void> {
      await Promise.all([...walks.values()].map((walk) => walk.close()));
    },
  };
}

/** Null: there are no more. */
type Come<E> =
  | { readonly shard: string; readonly entry: Read<E> | null }
  | { readonly shard: string; readonly error: unknown };

interface Walk {
  /** Asks for the next entry: the one before is done with. */
  pull(): void;
  close(): Promise<unknown>;
}

interface WalkOptions<E> {
  readonly open: (signal: AbortSignal) => AsyncIterableIterator<Read<E>>;
  readonly signal: AbortSignal;
  readonly add: (come: Come<E>) => void;
}

function openWalk<E>(shard: string, { open, signal, add }: WalkOptions<E>): Walk {
  const closing = new AbortController();
  const entries = open(joinSignals(signal, closing.signal));
  const pull = async (): Promise<void> => {
    try {
      const { value, done } = (await entries.next()) as IteratorResult<Read<E>, undefined>;
      add({ shard, entry: done === true ? null : value });
    } catch (error) {
      add({ shard, error });
    }
  };
  void pull();
  return {
    pull: () => void pull(),
    async close() {
      closing.abort();
      await entries.return?.().catch(() => undefined);
    },
  };
}

/**
 * What has arrived, for one who takes it in its order. Waiting is cheap and leaves nothing behind: there is a
 * wait for most entries. A race of promises holds on to each loser, and a signal on to all that are made of
 * it.
 */
function createArrivals<T>(signal: AbortSignal) {
  const arrived: T[] = [];
  let wake: () => void = () => undefined;
  signal.addEventListener("abort", () => wake(), { once: true });
  return {
    add(one: T): void {
      arrived.push(one);
      wake();
    },
    /** @returns null where nothing came for a while, or the signal did. */
    async next(): Promise<T | null> {
      if (arrived.length === 0 && !signal.aborted) {
        const sleeper = createSleeper();
        wake = sleeper.interrupt;
        await sleeper.sleep(LOOK_MS);
      }
      return arrived.shift() ?? null;
    },
  };
}
