// The streams that tell what has happened, outcomes of deliveries and events for operators, as their readers
// see them: where each lies, and where the places of those who read it stand.

import type { ShardKeys } from "./keys.ts";

/** A stream whose ids count (`<place>-<Unix ms>`), with its groups of readers. */
export interface ToldStream {
  readonly key: string;
  /** The field of the totals that holds the latest place. */
  readonly counter: "outcomes" | "events";
  /** The key of a group's place. */
  readonly group: (name: string) => string;
  /** The key of the groups' names. */
  readonly groups: string;
}

export function outcomeStream(keys: ShardKeys): ToldStream {
  return {
    key: keys.outcomes(),
    counter: "outcomes",
    group: keys.outcomeGroup,
    groups: keys.outcomeGroups(),
  };
}

export function eventStream(keys: ShardKeys): ToldStream {
  return { key: keys.events(), counter: "events", group: keys.eventGroup, groups: keys.eventGroups() };
}

/** A stream as subscriptions read it: their places are no groups of anybody else's. */
export function asSubscribed(stream: ToldStream, keys: ShardKeys): ToldStream {
  return { ...stream, group: keys.subscriptionReader, groups: keys.subscriptionReaders() };
}
