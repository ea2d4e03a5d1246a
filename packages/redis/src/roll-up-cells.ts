// A cell of a roll-up: what was counted and timed within one minute or hour, of one name of one dimension. In
// memory it is an array of numbers; in Redis a short text that names only those that are not 0, so that a
// hash of cells stays in its compact form.

import type { OutcomeKind } from "@postrider/shared/outcome";
import { COUNTED, type Counted, TIME_BUCKETS, TIMED, type Timed } from "@postrider/shared/roll-up";

/** One place per count, then for each time its sum and its buckets. */
export type Cell = Float64Array;

interface TimePlaces {
  readonly sum: number;
  readonly first: number;
  readonly bounds: readonly number[];
}

export const COUNT_PLACES = Object.fromEntries(COUNTED.map((name, place) => [name, place])) as Readonly<
  Record<Counted, number>
>;

export const TIME_PLACES = toTimePlaces();

const SIZE = TIMED.reduce<number>((size, timed) => size + TIME_BUCKETS[timed].length + 2, COUNTED.length);

/** A letter for each place, in texts; a script adds such texts up without knowing what they mean. */
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".slice(0, SIZE);

function toTimePlaces(): Readonly<Record<Timed, TimePlaces>> {
  let next: number = COUNTED.length;
  const places = TIMED.map((timed) => {
    const bounds = TIME_BUCKETS[timed];
    const sum = next;
    next += bounds.length + 2;
    return [timed, { sum, first: sum + 1, bounds }] as const;
  });
  return Object.fromEntries(places) as Record<Timed, TimePlaces>;
}

export function emptyCell(): Cell {
  return new Float64Array(SIZE);
}

/** The place of the bucket that a time falls into. */
export function bucketOf(timed: Timed, ms: number): number {
  const { first, bounds } = TIME_PLACES[timed];
  let bucket = 0;
  while (bucket < bounds.length && ms > (bounds[bucket] ?? 0)) bucket += 1;
  return first + bucket;
}

export function addCell(to: Cell, more: Cell): void {
  for (const [place, value] of more.entries()) to[place] = (to[place] ?? 0) + value;
}

/** How busy the name was: those that were the busiest are told by name where there are too many. */
export function busyness(cell: Cell): number {
  return (cell[COUNT_PLACES.attempts] ?? 0) + (cell[COUNT_PLACES.enqueued] ?? 0) + endedOf(cell);
}

const ENDS: readonly OutcomeKind[] = ["delivered", "failed", "expired", "cancelled"];

export function endedOf(cell: Cell): number {
  return ENDS.reduce((sum, outcome) => sum + (cell[COUNT_PLACES[outcome]] ?? 0), 0);
}

/** `b12c10` and the like. */
export function encodeCell(cell: Cell): string {
  let text = "";
  for (const [place, value] of cell.entries())
    if (value > 0) text += LETTERS[place] + String(Math.round(value));
  return text;
}

/** Letters of a later release are passed over. */
export function decodeCell(text: string): Cell {
  const cell = emptyCell();
  for (const [, letter = "", value] of text.matchAll(/([a-zA-Z])(\d+)/g)) {
    const place = LETTERS.indexOf(letter);
    if (place >= 0) cell[place] = Number(value);
  }
  return cell;
}

/** The mean of a time in ms; null where nothing was timed. */
export function meanOf(cell: Cell, timed: Timed): number | null {
  const count = countOf(cell, timed);
  return count === 0 ? null : (cell[TIME_PLACES[timed].sum] ?? 0) / count;
}

/**
 * A quantile of a time in ms, by a straight line within its bucket, as Prometheus has it; the last bucket
 * counts as its lower bound. Null where nothing was timed.
 */
export function quantileOf(cell: Cell, timed: Timed, quantile: number): number | null {
  const { first, bounds } = TIME_PLACES[timed];
  const count = countOf(cell, timed);
  if (count === 0) return null;
  let below = 0;
  for (const [bucket, upper] of bounds.entries()) {
    const here = cell[first + bucket] ?? 0;
    const lower = bounds[bucket - 1] ?? 0;
    if (here > 0 && below + here >= quantile * count)
      return lower + ((quantile * count - below) / here) * (upper - lower);
    below += here;
  }
  return bounds.at(-1) ?? 0;
}

function countOf(cell: Cell, timed: Timed): number {
  const { first, bounds } = TIME_PLACES[timed];
  return cell.subarray(first, first + bounds.length + 1).reduce((sum, value) => sum + value, 0);
}
