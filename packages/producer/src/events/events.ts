// What operators are told of: all events as they come, for readers that hand them on.

import type { ReaderGroup } from "@postrider/redis/reader-groups";
import type { Shard } from "@postrider/redis/shard";
import { eventStream } from "@postrider/redis/told-streams";
import { decodeEvent, type OperatorEvent } from "@postrider/shared/operator-event";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import {
  createReader,
  type Read,
  type ReaderOptions,
  type ReadPage,
  type ReadQuery,
  type StreamReader,
} from "../reading/reader.ts";
import { readerOver } from "../reading/reader-over-shards.ts";
import { type WalkOptions, walk } from "../reading/walk.ts";

/** An event, and the place behind it. */
export type ReadEvent = Read<OperatorEvent>;

export interface EventPage extends Omit<ReadPage<OperatorEvent>, "entries"> {
  readonly events: readonly ReadEvent[];
}

export type EventQuery = ReadQuery;

/** One who reads for a group, or for itself alone behind a cursor. */
export type EventReaderOptions = ReaderOptions | (WalkOptions & { readonly group?: never });

export interface Events {
  /**
   * All events, as they come, each at least once and in their order; the same id is the same event. One
   * counts as read when the next one is asked for. Waits for more; ends with the signal.
   * @throws `events_invalid`, `events_missed`.
   */
  (options: EventReaderOptions): AsyncIterableIterator<ReadEvent>;
  /**
   * Events behind a cursor, oldest first, without waiting for any.
   * @throws `events_invalid`, `events_held` where another reader reads for the group.
   */
  read(query?: EventQuery): Promise<EventPage>;
  /** The groups, and how far each is. */
  groups(): Promise<ReaderGroup[]>;
  /** Forgets a group. @throws `events_unknown`. */
  removeGroup(group: string): Promise<void>;
}

export function createShardEvents(shard: Shard): StreamReader<OperatorEvent> {
  return createReader<string, OperatorEvent>(shard, {
    kind: "events",
    stream: eventStream(shard.keys),
    decode: decodeEvent,
  });
}

interface WithEvents extends ShardPart {
  readonly events: StreamReader<OperatorEvent>;
}

export function createEvents(over: OverShards<WithEvents>): Events {
  const reader = readerOver("events", over, ({ events }) => events);
  const readAll = (options: EventReaderOptions): AsyncIterableIterator<ReadEvent> =>
    options.group === undefined ? walk("events", reader.read, options) : reader.follow(options);
  return Object.assign(readAll, {
    async read(query: EventQuery = {}) {
      const { entries: events, from: _, ...page } = await reader.read(query);
      return { events, ...page };
    },
    groups: reader.groups,
    removeGroup: reader.removeGroup,
  });
}
