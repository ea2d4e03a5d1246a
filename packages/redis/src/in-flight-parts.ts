// How the shards share a limit of requests in flight: which part of it is whose, by what is wanted in each. A
// shard of which nothing was said has none of it. No clock can say when a request has ended, so that nothing
// is granted before whoever had it has told that it has let go. Pure.

import type { ConcurrencyPart } from "@postrider/shared/concurrency-part";

/** What a shard tells of a lane with such a limit. */
export interface ToldInFlight {
  /** Of all shards together. */
  readonly limit: number;
  /** What is due or in flight; in flight alone where nothing is claimed now. */
  readonly wanted: number;
  /** How many may be in flight. */
  readonly size: number;
  /** As many as there are, or may be until another part of it is said. */
  readonly peak: number;
  /** What was said of it last: the limit then, and the version; 0: nothing. */
  readonly of: number;
  readonly version: number;
}

/** Lane → what was told; none where nothing is wanted and nothing may be in flight. */
export type InFlightTold = Readonly<Record<string, ToldInFlight>>;

/** What a shard is granted in a lane. */
export interface Granted extends Omit<ConcurrencyPart, "shards"> {
  /** As many may be in flight there as long as it has not told otherwise. */
  readonly peak: number;
}

/** What is said of a lane. */
export interface SaidInFlight {
  /** Unix ms since when nothing is wanted in any shard; null: something is. */
  readonly idleSince: number | null;
  /** By shard. */
  readonly parts: Readonly<Record<string, Granted>>;
}

/** By lane. */
export type InFlightParts = Readonly<Record<string, SaidInFlight>>;

export interface PartsToPlan {
  readonly shards: readonly string[];
  /** What each has told lately; none of those that do not reach the store. */
  readonly told: ReadonlyMap<string, InFlightTold>;
  /** Those that have told nothing for so long that whatever they had in flight has ended. */
  readonly gone: ReadonlySet<string>;
  /** Unix ms. */
  readonly now: number;
}

/** Where more shards want one than there are, each has it for so long in its turn. */
const TURN_MS = 10_000;
/** What nobody has wanted for so long is taken back, so that what is said does not grow without end. */
const IDLE_MS = 60_000;
/** Parts that differ by less, as a share of an even one, stay as they are. */
const CHANGED_MIN = 0.2;

/** What follows from what was said and from what was told. */
export function planParts(said: InFlightParts, plan: PartsToPlan): InFlightParts {
  const lanes = new Set([...Object.keys(said), ...[...plan.told.values()].flatMap(Object.keys)]);
  const next: Record<string, SaidInFlight> = {};
  for (const lane of lanes) {
    const planned = planLane(lane, said[lane], plan);
    if (planned !== null) next[lane] = planned;
  }
  return next;
}

/** A shard as far as it is known. */
interface Present extends Granted {
  readonly wanted: number;
  /** Nobody knows what it wants, or whether it hears: it keeps what it has. */
  readonly isSilent: boolean;
}

/** @returns null: there is nothing to say. */
function planLane(lane: string, said: SaidInFlight | undefined, plan: PartsToPlan): SaidInFlight | null {
  const { shards, told, gone, now } = plan;
  const all = shards.map((shard) => told.get(shard)?.[lane]);
  const limits = all.flatMap((one) => one?.limit ?? []);
  const present = shards.map((shard, nth) => {
    const known = { isSilent: !told.has(shard), isGone: gone.has(shard), now };
    return toPresent(all[nth], said?.parts[shard], known);
  });
  const isWanted = present.some(({ wanted, peak, isSilent }) => wanted > 0 || (isSilent && peak > 0));
  const idleSince = isWanted ? null : (said?.idleSince ?? now);
  const isOver = idleSince !== null && now - idleSince >= IDLE_MS;
  if ((isOver || limits.length === 0) && present.every(({ peak }) => peak === 0)) return null;
  const limit = Math.min(...limits);
  const targets = isOver || limits.length === 0 ? present.map(() => 0) : toTargets(limit, present, now);
  const granted = grant(present, { limit, targets, now });
  const parts = Object.fromEntries(shards.map((shard, nth) => [shard, granted[nth] ?? NOTHING]));
  return { idleSince, parts };
}

const NOTHING: Granted = { size: 0, of: 0, version: 0, peak: 0 };

/** What a shard may have in flight by now, whether or not it has heard of all that was said. */
function toPresent(
  told: ToldInFlight | undefined,
  said: Granted = NOTHING,
  { isSilent, isGone, now }: { readonly isSilent: boolean; readonly isGone: boolean; readonly now: number },
): Present {
  if (told === undefined) {
    // It may yet hear what was said before it was told to take none, unless that is long ago.
    const hasNone = isSilent ? isGone : said.size === 0 && now - said.version >= IDLE_MS;
    return { ...(hasNone ? { ...NOTHING, version: said.version } : said), wanted: 0, isSilent };
  }
  const { wanted, size, peak, of, version } = told;
  if (version >= said.version) return { size, of, version, peak: Math.max(size, peak), wanted, isSilent };
  return { ...said, peak: Math.max(said.peak, peak), wanted, isSilent };
}

/** Takes at once, and gives of what nobody holds any more. */
function grant(
  present: readonly Present[],
  {
    limit,
    targets,
    now,
  }: { readonly limit: number; readonly targets: readonly number[]; readonly now: number },
): Granted[] {
  let free = Math.max(0, limit - sumOf(present.map(({ peak }) => peak)));
  return present.map(({ size, of, version, peak, isSilent }, nth) => {
    if (isSilent) return { size, of, version, peak };
    const next = Math.min(targets[nth] ?? 0, peak + free);
    free -= Math.max(0, next - peak);
    const isSame = next === size && (of === limit || next === 0);
    const part = isSame
      ? { size, of, version }
      : { size: next, of: limit, version: Math.max(now, version + 1) };
    return { ...part, peak: Math.max(peak, next) };
  });
}

/** What each should have: the limit in sum, but for what is beyond reach. */
function toTargets(limit: number, present: readonly Present[], now: number): readonly number[] {
  const kept = sumOf(present.map(({ isSilent, peak }) => (isSilent ? peak : 0)));
  const telling = present.filter(({ isSilent }) => !isSilent);
  const sizes = toSizes(Math.max(0, limit - kept), telling, now);
  return present.map((one) => sizes[telling.indexOf(one)] ?? one.size);
}

function toSizes(total: number, present: readonly Present[], now: number): readonly number[] {
  if (present.filter(({ wanted }) => wanted > 0).length > total) return takeTurns(total, present, now);
  const sizes = present.map(({ size }) => size);
  const isWhole = sumOf(sizes) === total;
  const lacks = present.some(({ wanted, size }) => wanted > size);
  if (isWhole && !lacks) return sizes;
  const wished = toWished(total, present);
  const enough = Math.max(1, (CHANGED_MIN * total) / present.length);
  const isNear = present.every(({ size }, nth) => Math.abs(size - (wished[nth] ?? 0)) <= enough);
  return isWhole && isNear && present.every(({ wanted, size }) => wanted === 0 || size > 0) ? sizes : wished;
}

/** By what is wanted. None has nothing, if there is one for each, so that what comes anew begins at once. */
function toWished(total: number, present: readonly Present[]): readonly number[] {
  const isEnough = total >= present.length;
  const least = present.map(({ wanted }) => (isEnough ? 1 : Math.min(1, wanted)));
  const more = present.map(({ wanted }, nth) => Math.max(0, wanted - (least[nth] ?? 0)));
  const left = total - sumOf(least);
  const scale = left / Math.max(1, left, sumOf(more));
  const sizes = least.map((size, nth) => size + Math.floor((more[nth] ?? 0) * scale));
  return withRest(sizes, total - sumOf(sizes), more);
}

/** What is left over goes evenly to all, those first that want the most. */
function withRest(sizes: readonly number[], rest: number, more: readonly number[]): readonly number[] {
  const order = [...sizes.keys()].sort((one, other) => (more[other] ?? 0) - (more[one] ?? 0));
  const each = Math.floor(rest / sizes.length);
  return sizes.map((size, nth) => size + each + (order.indexOf(nth) < rest % sizes.length ? 1 : 0));
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * One each. Who has one keeps it for its turn; then it is another's that wants one, of all these the one that
 * had it the longest ago.
 */
function takeTurns(total: number, present: readonly Present[], now: number): readonly number[] {
  const rank = ({ size, wanted, version }: Present): number => {
    if (wanted === 0) return 3;
    if (size === 0) return 1;
    return now - version < TURN_MS ? 0 : 2;
  };
  const order = [...present].sort((one, other) => rank(one) - rank(other) || one.version - other.version);
  const chosen = new Set(order.slice(0, total));
  return present.map((one) => (chosen.has(one) ? 1 : 0));
}
