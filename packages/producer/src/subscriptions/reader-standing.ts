// How far the readers of subscriptions are in a shard.

import { latestPlace, placeOf } from "@postrider/redis/reader-groups";
import type { Shard } from "@postrider/redis/shard";
import { fromIn, readReaders } from "@postrider/redis/stored-subscriptions";
import { eventStream, outcomeStream } from "@postrider/redis/told-streams";
import type { StoredReader, StoredSubscription } from "./carried-event.ts";
import { KINDS, type Kind } from "./carry.ts";

/** How far a reader is in one shard. */
export interface ReaderStanding {
  /** The subscription's. */
  readonly id: string;
  readonly kind: Kind;
  readonly unread: number;
  readonly missed: number;
  readonly problem: string | null;
}

export async function readStandings(
  shard: Shard,
  subscriptions: readonly StoredSubscription[],
): Promise<ReaderStanding[]> {
  const readers = subscriptions.flatMap(readersOf);
  const told = { events: await latestOf(shard, "events"), outcomes: await latestOf(shard, "outcomes") };
  const states = await readReaders(
    shard,
    readers.map(({ reader }) => reader.name),
  );
  return readers.map(({ id, kind, reader }, index) => {
    const { place = null, missed = 0, problem = null } = states[index] ?? {};
    const unread = told[kind] - placeOf(place ?? fromIn(reader, shard.name));
    return { id, kind, unread: Math.max(0, unread), missed, problem };
  });
}

/** The place of the latest entry ever told. */
export function latestOf(shard: Shard, kind: Kind): Promise<number> {
  return latestPlace(shard, kind === "events" ? eventStream(shard.keys) : outcomeStream(shard.keys));
}

interface ReaderOf {
  readonly id: string;
  readonly kind: Kind;
  readonly reader: StoredReader;
}

function readersOf({ id, readers }: StoredSubscription): ReaderOf[] {
  return KINDS.flatMap((kind) => {
    const reader = readers[kind];
    return reader === undefined ? [] : [{ id, kind, reader }];
  });
}
