// The streams that tell what has happened, outcomes of deliveries and events for operators, as their readers
// see them: where each lies, and where the places of those who read it stand.

import { parseOutcomeEntry, type StoredOutcome } from "@postrider/shared/outcome-entry";
import type { ShardKeys } from "./keys.ts";
import type { Shard } from "./shard.ts";

/**
 * A stream whose places count, with its groups of readers. An entry may tell of several at once: its id is
 * `<place of its last>-<Unix ms>`, its fields are `n`, how many, and `o`, their text.
 */
export interface ToldStream<T> {
  readonly key: string;
  /** The field of the totals that holds the latest place. */
  readonly counter: "outcomes" | "events";
  /** The key of a group's place. */
  readonly group: (name: string) => string;
  /** The key of the groups' names. */
  readonly groups: string;
  /** What an entry's text tells, in the order of their places. */
  readonly split: (text: string) => T[];
}

export function outcomeStream(keys: ShardKeys): ToldStream<StoredOutcome> {
  return {
    key: keys.outcomes(),
    counter: "outcomes",
    group: keys.outcomeGroup,
    groups: keys.outcomeGroups(),
    split: parseOutcomeEntry,
  };
}

export function eventStream(keys: ShardKeys): ToldStream<string> {
  return {
    key: keys.events(),
    counter: "events",
    group: keys.eventGroup,
    groups: keys.eventGroups(),
    split: (text) => [text],
  };
}

/** A stream as subscriptions read it: their places are no groups of anybody else's. */
export function asSubscribed<T>(stream: ToldStream<T>, keys: ShardKeys): ToldStream<T> {
  return { ...stream, group: keys.subscriptionReader, groups: keys.subscriptionReaders() };
}

/**
 * Among a shard's totals: how many outcomes and events its workers keep, for those who end deliveries without
 * one, and for those who tell how far behind is too far.
 */
export const OUTCOMES_KEPT = "outcomesKept";
export const EVENTS_KEPT = "eventsKept";

export async function noteKept(
  { redis, keys }: Shard,
  kept: { readonly outcomes: number; readonly events: number },
): Promise<void> {
  await redis.hset(keys.totals(), { [OUTCOMES_KEPT]: kept.outcomes, [EVENTS_KEPT]: kept.events });
}
