// Follows the streams of several shards at once. An entry counts as read when the next one is asked for, so a
// shard is asked for its next entry only once the one before has been handed on and done with.

import { setTimeout as sleep } from "node:timers/promises";
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
  { start, signal, ...options }: ReaderOptions,
): AsyncGenerator<Read<E>> {
  const ending = new AbortController();
  const all = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const walks = new Map<string, Walk>();
  const places = new Map<string, string>();
  const arrivals = createArrivals<Come<E>>();
  const begin = (begun: ReaderOptions["start"]): void => {
    const known = find();
    for (const { shard, follow } of known)
      if (!walks.has(shard)) {
        const entries = follow({ ...options, ...(begun && { start: begun }), signal: all });
        walks.set(shard, openWalk(shard, entries, arrivals.add));
      }
    for (const name of walks.keys()) if (!known.some(({ shard }) => shard === name)) walks.delete(name);
  };
  begin(start);
  try {
    while (!all.aborted) {
      const come = await arrivals.next(all);
      // Of a shard that comes later everything is new.
      if (come === null) begin("oldest");
      else if ("error" in come) throw come.error;
      else if (come.entry === null) walks.delete(come.shard);
      else {
        places.set(come.shard, come.entry.cursor);
        yield { ...come.entry, cursor: joinCursors(places.values()) };
        walks.get(come.shard)?.pull();
      }
    }
  } finally {
    ending.abort();
    await Promise.all([...walks.values()].map((walk) => walk.close()));
  }
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

function openWalk<E>(
  shard: string,
  entries: AsyncIterableIterator<Read<E>>,
  add: (come: Come<E>) => void,
): Walk {
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
    close: async () => await entries.return?.().catch(() => undefined),
  };
}

/** What has arrived, for one who takes it in its order. A race of promises would hold on to each loser. */
function createArrivals<T>() {
  const arrived: T[] = [];
  let wake = new AbortController();
  return {
    add(one: T): void {
      arrived.push(one);
      wake.abort();
    },
    /** @returns null where nothing came for a while, or the signal did. */
    async next(signal: AbortSignal): Promise<T | null> {
      if (arrived.length === 0) {
        wake = new AbortController();
        await sleep(LOOK_MS, null, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => null);
      }
      return arrived.shift() ?? null;
    },
  };
}
