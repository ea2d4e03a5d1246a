// How the shards share what a destination grants, its rate and its requests in flight: each tells the store
// what waits in it, and one of them says from time to time which part is whose. Nothing on the way of a
// delivery asks for it: a shard keeps its part in the entry of the lane.

import { randomUUID } from "node:crypto";
import { type RatePart, type RateShare, toParts } from "@postrider/shared/rate-part";
import { type InFlightParts, type InFlightTold, planParts } from "./in-flight-parts.ts";
import { readRedisClock } from "./redis-clock.ts";
import { saveShares } from "./scripts/save-shares.ts";
import { setWhenFull } from "./scripts/set-when-full.ts";
import type { Store } from "./shard.ts";
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
  /** The parts of limits in flight; absent in what the release before said. */
  readonly inFlight?: InFlightParts;
}

/** What a shard tells. */
export interface Told {
  readonly demand: Demand;
  /** Absent where the release before tells. */
  readonly inFlight?: InFlightTold;
}

const NOTHING: SharesDocument = { shards: [], lanes: {} };

/** Each shard's least part is one of so many times as many as there are shards. */
const FINENESS = 20;
/** Beyond so many shards a finer one would make a shard look for its moments for long. */
const FINE_SHARDS_MAX = 100;
const LASTS_MS = 30_000;
/** Longer than any outage: what was said of requests in flight stands until something else is said. */
const KEPT_MS = 7 * 86_400_000;
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

/** By the clock of the store's Redis, as all of this: those of processes may differ. */
export async function tellDemand(store: Store, shard: string, told: Told): Promise<void> {
  const { redis, keys } = store;
  const text = JSON.stringify({ at: await readRedisClock(store), ...told });
  await redis.hset(keys.rateDemand(), shard, text);
}

interface ToldByAll {
  /** What each shard has told lately. */
  readonly told: ReadonlyMap<string, Told>;
  /** Those that have told nothing for long. */
  readonly gone: ReadonlySet<string>;
}

async function readTold({ redis, keys }: Store, now: number): Promise<ToldByAll> {
  const told = new Map<string, Told>();
  const gone = new Set<string>();
  for (const [shard, text] of Object.entries(await redis.hgetall(keys.rateDemand()))) {
    const { at, ...one } = JSON.parse(text) as Told & { at: number };
    if (now - at <= DEMAND_KEPT_MS) told.set(shard, one);
    if (now - at > GONE_MS) gone.add(shard);
  }
  return { told, gone };
}

export async function readShares({ redis, keys }: Store): Promise<SharesDocument> {
  const text = await redis.get(keys.rateShares());
  return text === null ? NOTHING : (JSON.parse(text) as SharesDocument);
}

/**
 * Shares out anew, unless another process has done so within the time. While a shard tells nothing, as it
 * does not reach the store, no rate is, and what is in force ends; of requests in flight it keeps its part.
 */
export async function shareOut(store: Store, shards: readonly string[], everyMs: number): Promise<void> {
  const turn = await takeSharing(store, shards, everyMs);
  if (turn !== null) await turn.say();
}

/** What one process is about to say in its turn. */
export interface SharingTurn {
  /** @returns whether it was said: not where the turn was over by then. */
  say(): Promise<boolean>;
}

/** The first half of `shareOut`: null where there is nothing to say, or it is another one's turn. */
export async function takeSharing(
  store: Store,
  shards: readonly string[],
  everyMs: number,
): Promise<SharingTurn | null> {
  const { redis, keys } = store;
  const holder = randomUUID();
  const turn = { ms: everyMs * 0.9, isNew: true };
  if (!(await setWhenFull(redis, keys.rateSharesTurn(), holder, turn))) return null;
  const now = await readRedisClock(store);
  const { told, gone } = await readTold(store, now);
  const document = await readShares(store);
  // Of a shard that is new nobody knows what it has before it has told.
  const isKnown = document.shards.join() === shards.join();
  if (!isKnown && !shards.every((shard) => told.has(shard))) return null;
  const text = JSON.stringify(planShares(document, { shards, told, gone, now }));
  return { say: () => saveShares(store, { holder, text, ms: KEPT_MS }) };
}

/** The document that follows from what waits. Pure. */
export function planShares(document: SharesDocument, toPlan: SharesToPlan): SharesDocument {
  const isSame = document.shards.join() === toPlan.shards.join();
  const known = isSame ? document : NOTHING;
  const told = [...toPlan.told].map(([shard, { inFlight = {} }]) => [shard, inFlight] as const);
  return {
    shards: toPlan.shards,
    lanes: planRates(known, toPlan),
    inFlight: planParts(known.inFlight ?? {}, { ...toPlan, told: new Map(told) }),
  };
}

interface SharesToPlan extends ToldByAll {
  readonly shards: readonly string[];
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
