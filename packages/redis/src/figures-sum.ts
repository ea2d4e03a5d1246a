// The figures of several shards, as one.

import type { Figures, LaneFigures } from "@postrider/shared/installation-metrics";
import { OWN_LANE_KINDS } from "@postrider/shared/lanes";
import { addFields } from "@postrider/shared/sums";

/** @returns null where those of a shard are not known: a part of them would look like a loss. */
export function addFigures(all: readonly (Figures | null)[]): Figures | null {
  const known = all.filter((figures) => figures !== null);
  const [first, ...others] = known;
  if (first === undefined || known.length < all.length) return null;
  return others.reduce(add, first);
}

function add(one: Figures, other: Figures): Figures {
  return {
    at: Math.max(one.at, other.at),
    enqueued: one.enqueued + other.enqueued,
    ended: one.ended + other.ended,
    lanes: merge(one.lanes, other.lanes, addLanes),
    kinds: Object.fromEntries(
      OWN_LANE_KINDS.map((kind) => [
        kind,
        addFields(["waiting", "delayed"], one.kinds[kind], other.kinds[kind]),
      ]),
    ) as Figures["kinds"],
    // Each worker serves several shards.
    workers: Math.max(one.workers, other.workers),
    // A run has its part in each shard.
    runs: mostOf(one.runs, other.runs),
    subscriptions: mostOf(one.subscriptions, other.subscriptions),
    subscriptionLag: one.subscriptionLag + other.subscriptionLag,
    outcomesKept: addKnown(one.outcomesKept, other.outcomesKept),
    eventsKept: addKnown(one.eventsKept, other.eventsKept),
    outcomeReaders: merge(one.outcomeReaders, other.outcomeReaders, sum),
    eventReaders: merge(one.eventReaders, other.eventReaders, sum),
    redis: addRedis(one.redis, other.redis),
  };
}

function addLanes(one: LaneFigures, other: LaneFigures): LaneFigures {
  return {
    ...addFields(["waiting", "delayed", "deadLetters"], one, other),
    oldestAgeMs: Math.max(one.oldestAgeMs, other.oldestAgeMs),
  };
}

/** Each server counts once for each shard on it, in use and limit alike: the share in use is right. */
function addRedis(one: Figures["redis"], other: Figures["redis"]): Figures["redis"] {
  const isLimited = one.maxBytes > 0 && other.maxBytes > 0;
  return {
    usedBytes: one.usedBytes + other.usedBytes,
    maxBytes: isLimited ? one.maxBytes + other.maxBytes : 0,
    mayEvict: one.mayEvict || other.mayEvict,
    isPersistent: one.isPersistent === other.isPersistent ? one.isPersistent : false,
    listpackValueBytes: leastKnown(one.listpackValueBytes, other.listpackValueBytes),
  };
}

function merge<Value>(
  one: Readonly<Record<string, Value>>,
  other: Readonly<Record<string, Value>>,
  combine: (one: Value, other: Value) => Value,
): Record<string, Value> {
  const merged: Record<string, Value> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const known = merged[name];
    merged[name] = known === undefined ? value : combine(known, value);
  }
  return merged;
}

function mostOf<Names extends Readonly<Record<string, number>>>(one: Names, other: Names): Names {
  return merge(one, other, Math.max) as unknown as Names;
}

function sum(one: number, other: number): number {
  return one + other;
}

/** The one that packs the least is the one to know of. */
function leastKnown(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

function addKnown(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : one + other;
}
