// How the shards share a limit of requests in flight: which part of it is whose, by what waits in each. No
// clock can say when a request has ended, so that nothing is granted before whoever had it has told that it
// has let go. Pure.

import { type ConcurrencyPart, evenConcurrency } from "@postrider/shared/concurrency-part";
import { toEvenPart } from "@postrider/shared/rate-part";

/** What a shard tells of a lane with such a limit. */
export interface ToldInFlight {
  /** Of all shards together. */
  readonly limit: number;
  /** What is due or in flight. */
  readonly wanted: number;
  readonly inFlight: number;
  /** How many may be in flight. */
  readonly size: number;
  /** What was said of it last: the limit then, and the version; 0: nothing. */
  readonly of: number;
  readonly version: number;
}

/** Lane → what was told. Every lane whose part is not an even one is among them. */
export type InFlightTold = Readonly<Record<string, ToldInFlight>>;

/** What a shard is granted in a lane. */
export interface Granted extends Omit<ConcurrencyPart, "shards"> {
  /** As many may be in flight there as long as it has not told otherwise. */
  readonly peak: number;
}

/** Lane → shard → what it is granted; of lanes whose parts are the even ones nothing. */
export type InFlightParts = Readonly<Record<string, Readonly<Record<string, Granted>>>>;

export interface PartsToPlan {
  readonly shards: readonly string[];
  /** What each of them has told lately. */
  readonly told: ReadonlyMap<string, InFlightTold>;
  /** How a lane's rate would be parted, by shard; undefined: evenly. */
  readonly weights: (lane: string) => readonly number[] | undefined;
  /** Unix ms. */
  readonly now: number;
}

/** Where there are more shards than requests, each that wants one has it for so long in its turn. */
const TURN_MS = 10_000;

/** The parts that follow from those in force and from what was told. */
export function planParts(known: InFlightParts, plan: PartsToPlan): InFlightParts {
  const lanes = new Set([...plan.told.values()].flatMap((told) => Object.keys(told)));
  const next: Record<string, Readonly<Record<string, Granted>>> = {};
  for (const lane of lanes) {
    const granted = planLane(lane, known[lane], plan);
    if (granted !== null) next[lane] = granted;
  }
  return next;
}

function planLane(
  lane: string,
  known: InFlightParts[string] | undefined,
  { shards, told, weights, now }: PartsToPlan,
): InFlightParts[string] | null {
  const all = shards.map((shard) => told.get(shard)?.[lane]);
  const limit = Math.min(...all.map((one) => one?.limit ?? Number.POSITIVE_INFINITY));
  const even = shards.map((_, place) => evenConcurrency(limit, toEvenPart(shards.length, place)));
  const present = shards.map((shard, place) => toPresent(all[place], known?.[shard], even[place] ?? 0));
  // A shard that has no such lane begins with an even part once it has: then all keep to theirs.
  const isEverywhere = all.every((one) => one !== undefined);
  const wanted = all.map((one) => one?.wanted ?? 0);
  const targets = isEverywhere ? toTargets(limit, { even, wanted, weights: weights(lane), now }) : even;
  const isEven = present.every(({ size, version }, place) => version === 0 && size === targets[place]);
  if (known === undefined && isEven && targets.every((size, place) => size === even[place])) return null;
  const granted = grant(present, { limit, targets, now });
  return Object.fromEntries(shards.map((shard, place) => [shard, granted[place] ?? NOTHING]));
}

const NOTHING: Granted = { size: 0, of: 0, version: 0, peak: 0 };

/** What a shard may have in flight by now, whether or not it has heard of all that was said. */
function toPresent(told: ToldInFlight | undefined, known: Granted | undefined, even: number): Granted {
  const { of = 0, version = 0 } = known ?? {};
  if (told === undefined) return { size: even, of, version, peak: even };
  const peak = Math.max(told.size, told.inFlight);
  if (told.version >= version) return { size: told.size, of: told.of, version: told.version, peak };
  return { size: known?.size ?? 0, of, version, peak: Math.max(known?.peak ?? 0, peak) };
}

/** Takes at once, and gives of what nobody holds any more. */
function grant(
  present: readonly Granted[],
  {
    limit,
    targets,
    now,
  }: { readonly limit: number; readonly targets: readonly number[]; readonly now: number },
): Granted[] {
  let free = Math.max(0, limit - present.reduce((sum, { peak }) => sum + peak, 0));
  return present.map(({ size, of, version, peak }, place) => {
    const target = targets[place] ?? 0;
    const most = Math.max(size, peak + free);
    const next = Math.min(target, most);
    free -= Math.max(0, next - peak);
    const isSame = next === size && of === limit;
    const said = isSame
      ? { size, of, version }
      : { size: next, of: limit, version: Math.max(now, version + 1) };
    return { ...said, peak: Math.max(peak, next) };
  });
}

/** What each should have, the limit in sum. */
function toTargets(
  limit: number,
  {
    even,
    wanted,
    weights,
    now,
  }: {
    readonly even: readonly number[];
    readonly wanted: readonly number[];
    readonly weights: readonly number[] | undefined;
    readonly now: number;
  },
): readonly number[] {
  if (limit < wanted.length) return takeTurns(limit, wanted, now);
  if (weights === undefined) return even;
  // None has nothing, so that what comes anew begins at once.
  const left = limit - weights.length;
  const total = weights.reduce((sum, one) => sum + one, 0);
  const sizes = weights.map((one) => 1 + Math.floor((left * one) / total));
  const rest = limit - sizes.reduce((sum, size) => sum + size, 0);
  const fullest = weights.indexOf(Math.max(...weights));
  return sizes.map((size, place) => (place === fullest ? size + rest : size));
}

/** One each for those whose turn it is, of those that want one; what is left goes to the others. */
function takeTurns(limit: number, wanted: readonly number[], now: number): readonly number[] {
  const places = wanted.map((_, place) => place);
  const wanting = places.filter((place) => (wanted[place] ?? 0) > 0);
  const first = wanting.length <= limit ? 0 : (Math.floor(now / TURN_MS) * limit) % wanting.length;
  const inTurn = [...wanting.slice(first), ...wanting.slice(0, first)];
  const chosen = new Set([...inTurn, ...places.filter((place) => !wanting.includes(place))].slice(0, limit));
  return places.map((place) => (chosen.has(place) ? 1 : 0));
}
