// How the shards share what a destination grants, its rate and its requests in flight: what follows from what
// waits in each. Pure.

import { type RatePart, type RateShare, toParts } from "@postrider/shared/rate-part";
import { type InFlightParts, type InFlightTold, planParts } from "./in-flight-parts.ts";
import { KNOWN_TO_ALL_MS } from "./shard-map.ts";

/** What waits in a shard, by lane: all with limits, also where nothing waits, and of many the fullest. */
export type Demand = Readonly<Record<string, number>>;

/** One lane's parts: sizes by shard, in whole numbers. */
export interface SharedOut {
  /** Unix ms. */
  readonly at: number;
  readonly until: number;
  readonly sizes: Readonly<Record<string, number>>;
  /** Those before; null: even ones. */
  readonly before: Readonly<Record<string, number>> | null;
}

export interface SharesDocument {
  /** The shards, in their order. */
  readonly shards: readonly string[];
  readonly lanes: Readonly<Record<string, SharedOut>>;
  /** The parts of limits in flight; absent in what the release before said, as are the following. */
  readonly inFlight?: InFlightParts;
  /** Unix ms when it was said, and since when it has been said again and again for the same shards. */
  readonly saidAt?: number;
  readonly since?: number;
  /** Whether all had told, or were gone, at some time since then. */
  readonly isComplete?: boolean;
}

/** What a shard tells. */
export interface Told {
  readonly demand: Demand;
  /** Absent where the release before tells. */
  readonly inFlight?: InFlightTold;
}

export interface Telling {
  readonly told: Told;
  /** Unix ms. */
  readonly at: number;
}

export const NOTHING: SharesDocument = { shards: [], lanes: {} };

/** Each shard's least part is one of so many times as many as there are shards. */
const FINENESS = 20;
/** Beyond so many shards a finer one would make a shard look for its moments for long. */
const FINE_SHARDS_MAX = 100;
const LASTS_MS = 30_000;
/** It is said again when so little is left of it. */
const RENEWED_MS = 15_000;
/** Less than that waits nowhere for long. */
const WAITING_MIN = 20;
/** Parts that differ by less, as a share of an even one, stay as they are. */
const CHANGED_MIN = 0.2;
/** What a shard has told counts for so long. */
const DEMAND_KEPT_MS = 5_000;
/** Whoever has told nothing for so long has nothing in flight any more: no attempt takes that long. */
const GONE_MS = 120_000;
/** When nothing was said for so long, others may have had anything meanwhile. */
const GAP_MS = 10_000;

/** The document that follows from the one before and from what was told, when. Pure. */
export function planNext(
  document: SharesDocument,
  {
    shards,
    tellings,
    now,
  }: {
    readonly shards: readonly string[];
    readonly tellings: ReadonlyMap<string, Telling>;
    readonly now: number;
  },
): SharesDocument {
  const isSame = document.shards.join() === shards.join();
  const goesOn = isSame && now - (document.saidAt ?? 0) < GAP_MS;
  const since = goesOn ? (document.since ?? now) : now;
  const agesOf = (shard: string): number => now - (tellings.get(shard)?.at ?? 0);
  const told = new Map(
    [...tellings].flatMap(([shard, one]) =>
      agesOf(shard) > DEMAND_KEPT_MS ? [] : [[shard, one.told] as const],
    ),
  );
  const gone = new Set(now - since > GONE_MS ? shards.filter((shard) => agesOf(shard) > GONE_MS) : []);
  // Of a shard that is new, or of all after a time in which nobody said anything, nobody knows what it has
  // before it has told.
  const isComplete =
    (goesOn && document.isComplete === true) || shards.every((shard) => told.has(shard) || gone.has(shard));
  const planned = isComplete
    ? planShares(document, { shards, told, gone, now })
    : { shards, lanes: isSame ? document.lanes : {}, inFlight: document.inFlight ?? {} };
  return { ...planned, saidAt: now, since, isComplete };
}

/** The document that follows from what waits. Pure. */
export function planShares(document: SharesDocument, toPlan: SharesToPlan): SharesDocument {
  const isSame = document.shards.join() === toPlan.shards.join();
  const known = isSame ? document : NOTHING;
  const told = [...toPlan.told].map(([shard, { inFlight = {} }]) => [shard, inFlight] as const);
  return {
    shards: toPlan.shards,
    lanes: planRates(known, toPlan),
    // Parts go by the names of shards.
    inFlight: planParts(document.inFlight ?? {}, { ...toPlan, told: new Map(told) }),
  };
}

interface SharesToPlan {
  readonly shards: readonly string[];
  /** What each has told lately. */
  readonly told: ReadonlyMap<string, Told>;
  /** Those that have told nothing for long. */
  readonly gone: ReadonlySet<string>;
  readonly now: number;
}

function planRates(known: SharesDocument, { shards, told, now }: SharesToPlan): SharesDocument["lanes"] {
  const demands = new Map([...told].map(([shard, { demand }]) => [shard, demand] as const));
  const next: Record<string, SharedOut> = {};
  for (const [lane, shared] of Object.entries(known.lanes)) if (shared.until > now) next[lane] = shared;
  // A shard that tells nothing, as it does not reach the store, would not learn of a change.
  if (!shards.every((shard) => told.has(shard))) return next;
  for (const lane of new Set([...demands.values()].flatMap((demand) => Object.keys(demand)))) {
    const waits = shards.flatMap((shard) => demands.get(shard)?.[lane] ?? []);
    // A shard that has no such lane would begin with an even part once it has: then all keep to theirs.
    const waiting = waits.length === shards.length ? waits : shards.map(() => 0);
    const planned = planLane(next[lane], { shards, waiting, now });
    if (planned !== undefined) next[lane] = planned;
  }
  return next;
}

function planLane(
  known: SharedOut | undefined,
  {
    shards,
    waiting,
    now,
  }: { readonly shards: readonly string[]; readonly waiting: readonly number[]; readonly now: number },
): SharedOut | undefined {
  // One that all do not know yet is not followed by another.
  if (known !== undefined && known.at > now) return known;
  const sizes = toSizes(waiting);
  if (known === undefined) {
    if (!differs(sizes, evenSizes(waiting.length))) return undefined;
    return begin(now, { sizes: byName(shards, sizes), before: null });
  }
  const present = shards.map((shard) => known.sizes[shard] ?? 0);
  if (differs(sizes, present)) return begin(now, { sizes: byName(shards, sizes), before: known.sizes });
  // What has become even ends by itself.
  if (!differs(present, evenSizes(waiting.length))) return known;
  return known.until - now > RENEWED_MS ? known : { ...known, until: now + LASTS_MS };
}

function begin(now: number, { sizes, before }: Pick<SharedOut, "sizes" | "before">): SharedOut {
  return { at: now + KNOWN_TO_ALL_MS, until: now + KNOWN_TO_ALL_MS + LASTS_MS, sizes, before };
}

function byName(shards: readonly string[], sizes: readonly number[]): Record<string, number> {
  return Object.fromEntries(shards.map((shard, index) => [shard, sizes[index] ?? 1]));
}

function fineness(count: number): number {
  return count <= FINE_SHARDS_MAX ? FINENESS : Math.max(2, Math.floor((FINENESS * FINE_SHARDS_MAX) / count));
}

function evenSizes(count: number): number[] {
  return Array.from({ length: count }, () => fineness(count));
}

/** By what waits: none has nothing, so that what comes anew begins at once. */
function toSizes(waiting: readonly number[]): number[] {
  const count = waiting.length;
  const total = waiting.reduce((sum, one) => sum + one, 0);
  if (total < WAITING_MIN) return evenSizes(count);
  const free = count * (fineness(count) - 1);
  const sizes = waiting.map((one) => 1 + Math.floor((free * one) / total));
  const left = count * fineness(count) - sizes.reduce((sum, size) => sum + size, 0);
  const fullest = waiting.indexOf(Math.max(...waiting));
  return sizes.map((size, index) => (index === fullest ? size + left : size));
}

/** Whether any part differs by enough to be worth a change. */
function differs(one: readonly number[], other: readonly number[]): boolean {
  const enough = CHANGED_MIN * fineness(one.length);
  return one.some((size, index) => Math.abs(size - (other[index] ?? 0)) > enough);
}

/** A shard's own part of a lane; undefined: there is none but the even one. */
export function toShare(document: SharesDocument, lane: string, shard: string): RateShare | undefined {
  const shared = document.lanes[lane];
  const place = document.shards.indexOf(shard);
  if (shared === undefined || place < 0) return undefined;
  const part = partAt(document.shards, shared.sizes, place);
  if (part === undefined) return undefined;
  const before = shared.before === null ? null : (partAt(document.shards, shared.before, place) ?? null);
  return { at: shared.at, until: shared.until, part, before, shards: document.shards.length };
}

function partAt(
  shards: readonly string[],
  sizes: Readonly<Record<string, number>>,
  place: number,
): RatePart | undefined {
  return toParts(shards.map((shard) => sizes[shard] ?? 0))[place];
}
