// An own lane as the registry holds it, and what its state means for the engine's switches. Pure.

import { type ConcurrencyPart, concurrencyIn } from "./concurrency-part.ts";
import type { OwnLaneKind } from "./lanes.ts";
import type { RateShare } from "./rate-part.ts";

/** What a destination is granted. */
export interface Limits {
  readonly ratePerSecond?: number | undefined;
  readonly concurrency?: number | undefined;
}

/** What a person grants for a time. */
export interface LimitsForNow extends Limits {
  /** Unix ms. */
  readonly until: number;
}

/** What one version of an action grants. */
export interface VersionLimits extends Limits {
  readonly version: number;
  /** Unix ms when a delivery of it was last met there, or little earlier; absent where it brought none. */
  readonly metAt?: number;
}

/** Open: nothing is sent. Half-open: one delivery at a time tries. An absent circuit is closed. */
export interface Circuit {
  readonly state: "open" | "half-open";
  /** Unix ms of the last change of state. */
  readonly since: number;
  /** How long it stays open each time; grows while probes fail. */
  readonly pauseMs: number;
}

/** The rate that a destination's own answers have taught us. */
export interface AdaptiveRate {
  readonly perSecond: number;
  /** The rate at which it last refused; growth slows down near it. 0: it took nothing at all. */
  readonly refusedAt: number;
  /** Unix ms of the last change, and of the last refusal. */
  readonly changedAt: number;
  readonly slowedAt: number;
  /** Unix ms when it first slowed down; absent where an earlier release did it. */
  readonly since?: number;
}

/** That a destination's 429s hold its deliveries back, as operators are told. */
export interface Throttling {
  /** Unix ms. */
  readonly since: number;
  /** Since when nothing holds them back any more; it is over when that has lasted. */
  readonly calmSince?: number;
}

export interface OwnLane {
  readonly lane: string;
  readonly kind: OwnLaneKind;
  /** The origin, run or shared lane. */
  readonly of: string;
  /** Unix ms. */
  readonly createdAt: number;
  /** Nothing new is led here any more; dissolved once it is empty. */
  readonly isClosing?: boolean;
  /** By a person. */
  readonly isPaused?: boolean;
  /** Unix ms when that ends by itself; absent: when a person says so. */
  readonly pausedUntil?: number;
  /** A run whose deliveries wait to be released. */
  readonly isHeld?: boolean;
  /** A run whose deliveries end unsent. */
  readonly isCancelled?: boolean;
  /** By a person; they stand above those of actions. */
  readonly limits?: Limits;
  /** By a person, until a moment (Unix ms); they stand above all others, and are gone soon after it. */
  readonly limitsForNow?: LimitsForNow;
  /** By action id, as the latest version that was met here says; without any where that one has none. */
  readonly actionLimits?: Readonly<Record<string, VersionLimits>>;
  readonly circuit?: Circuit;
  readonly adaptiveRate?: AdaptiveRate;
  /**
   * Unix ms until which the destination has itself asked to be left alone; there until somebody sees that it
   * is over.
   */
  readonly coolsUntil?: number;
  readonly throttling?: Throttling;
  /**
   * Unix ms when it last held more slots of a worker than its share of arrivals explains, or when its circuit
   * closed.
   */
  readonly lastFailureAt?: number;
  /** Where several shards keep its limits together: this one's parts of them, by what waits in each. */
  readonly share?: RateShare;
  readonly concurrencyPart?: ConcurrencyPart;
  /** A run's only destination: the one that all its deliveries go to, where the action's text tells. */
  readonly destination?: string;
}

/** What a person or an action has configured: the strictest of all actions, unless a person has decided. */
export function limitsOf({ limitsForNow, limits, actionLimits = {} }: OwnLane): Limits {
  const all = Object.values(actionLimits);
  const least = (values: (number | undefined)[]): number | undefined => {
    const given = values.filter((value) => value !== undefined);
    return given.length === 0 ? undefined : Math.min(...given);
  };
  const person = { ...limits, ...limitsForNow };
  const ratePerSecond = person.ratePerSecond ?? least(all.map((one) => one.ratePerSecond));
  const concurrency = person.concurrency ?? least(all.map((one) => one.concurrency));
  return {
    ...(ratePerSecond !== undefined && { ratePerSecond }),
    ...(concurrency !== undefined && { concurrency }),
  };
}

/** How long after one delivery the next is noted, so that a lane's entry does not change with each. */
const MET_STEP_MS = 600_000;

/**
 * Whether an action's version has something to say about its destination that does not stand there yet, if
 * only that it is still in use. Older versions have nothing.
 */
export function bringsLimits(
  entry: OwnLane | undefined,
  { id, version }: { readonly id: string; readonly version: number },
  limits: Limits | undefined,
  now: number,
): boolean {
  const known = entry?.actionLimits?.[id];
  if (known === undefined) return limits !== undefined;
  if (known.version !== version) return known.version < version;
  return limits !== undefined && now - (known.metAt ?? 0) >= MET_STEP_MS;
}

/**
 * When nothing of a version was met for this long, it is not in use there. What waits longer brings its
 * limits along again.
 */
const UNMET_MS = 3 * MET_STEP_MS;

/**
 * The actions whose limits stand at a destination although nothing of that version was met there for long.
 */
export function findUnmet({ actionLimits = {}, createdAt }: OwnLane, now: number): string[] {
  return Object.entries(actionLimits).flatMap(([id, { version: _, metAt = createdAt, ...limits }]) =>
    Object.keys(limits).length > 0 && now - metAt >= UNMET_MS ? [id] : [],
  );
}

/**
 * The entry without the limits of actions whose latest version is another one; undefined where all of them
 * stay.
 */
export function withoutSuperseded(
  entry: OwnLane,
  latest: ReadonlyMap<string, number>,
  now: number,
): OwnLane | undefined {
  const gone = new Set(
    findUnmet(entry, now).filter((id) => (latest.get(id) ?? 0) !== entry.actionLimits?.[id]?.version),
  );
  if (gone.size === 0) return undefined;
  const kept = Object.entries(entry.actionLimits ?? {}).filter(([id]) => !gone.has(id));
  return { ...entry, actionLimits: Object.fromEntries(kept) };
}

/**
 * The entry with an action version's limits. A version that has none is remembered, too: an older one must
 * not bring its own back.
 */
export function withActionLimits(
  entry: OwnLane,
  { id, version }: { readonly id: string; readonly version: number },
  limits: Limits | undefined,
  now: number,
): OwnLane {
  const { isClosing, ...rest } = entry;
  const isKept = isClosing === true && limits === undefined;
  return {
    ...rest,
    ...(isKept && { isClosing }),
    actionLimits: { ...entry.actionLimits, [id]: { version, ...limits, ...(limits && { metAt: now }) } },
  };
}

/** BullMQ's own switches of a queue. */
export interface Switches {
  readonly isPaused: boolean;
  readonly concurrency: number | null;
  readonly rate: { readonly max: number; readonly durationMs: number } | null;
}

/**
 * How BullMQ's switches must stand for a lane's state. A cancelled run is let through, so that its deliveries
 * can end. @param shards how many share its limits.
 */
export function toSwitches(entry: OwnLane, shards: number): Switches {
  const rate = rateOf(entry);
  const { concurrency } = limitsOf(entry);
  const most = concurrency === undefined ? [] : [concurrencyIn(concurrency, entry.concurrencyPart, shards)];
  const tries = entry.circuit?.state === "half-open" ? [1] : [];
  return {
    isPaused: !isRunnable(entry),
    concurrency: most.length + tries.length === 0 ? null : Math.min(...most, ...tries),
    rate: rate === undefined ? null : toWindow(rate),
  };
}

/** Requests a second, as configured or learned, whichever is less; undefined: as fast as it goes. */
export function rateOf(entry: OwnLane): number | undefined {
  const { ratePerSecond } = limitsOf(entry);
  const learned = entry.adaptiveRate?.perSecond;
  if (ratePerSecond === undefined || learned === undefined) return ratePerSecond ?? learned;
  return Math.min(ratePerSecond, learned);
}

/** Whether deliveries may be claimed from it at all. */
export function isRunnable({ isPaused, isHeld, isCancelled, circuit, coolsUntil }: OwnLane): boolean {
  if (isCancelled === true) return true;
  return isPaused !== true && isHeld !== true && circuit?.state !== "open" && coolsUntil === undefined;
}

/**
 * A rate is kept by the moment at which each request is sent. BullMQ only keeps claims from running far ahead
 * of it, at several times the rate, since what ends unsent (cancelled, expired) must not use the rate up.
 */
const WINDOW_MS = 100;
const ADMITTED_SHARE = 4;
const ADMITTED_MIN = 5;

function toWindow(perSecond: number): { max: number; durationMs: number } {
  const max = Math.ceil((perSecond * ADMITTED_SHARE * WINDOW_MS) / 1_000);
  return { max: Math.max(ADMITTED_MIN, max), durationMs: WINDOW_MS };
}
