// Works through a selection of dead letters, a few at a time: at a limited rate, until it is told to stop.
// What was done by then stays.

import { setTimeout } from "node:timers/promises";
import type { Position } from "@postrider/redis/letter-page";
import { PostriderError } from "@postrider/shared/errors";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { type DeadLetterFilter, invalid, parseFilter } from "./filter.ts";
import type { Batch, Finder } from "./find.ts";
import type { Letter } from "./letter.ts";

/** Which letters: these, or all that a filter means. `{ filter: {} }` means all. */
export type Selection = { readonly ids: readonly string[] } | { readonly filter: DeadLetterFilter };

export interface WorkOptions<Progress> {
  /** Told after each step; the last time with the result. */
  readonly onProgress?: ((progress: Progress, place: Place) => void) | undefined;
  /**
   * Asked before each step, once its time has come: it may wait, and what it throws ends the work.
   * @param letters how many the step takes up.
   */
  readonly beforeStep?: ((letters: number) => Promise<void>) | undefined;
  /** With a filter: goes on behind the place to which an earlier call came. */
  readonly after?: string | undefined;
  /** Stops between two steps. */
  readonly signal?: AbortSignal | undefined;
}

/** How far a selection is worked through. */
export interface Place {
  /** For a later call that goes on; null for ids, which may as well be given again. */
  readonly after: string | null;
  /** Dead letters that were looked at, by this call. */
  readonly looked: number;
}

/** One transaction: some 50 letters hold Redis for some milliseconds at most. */
const STEP = 50;
/** So much of a second's worth in one step, so that a low rate does not come in bursts. */
const STEPS_PER_SECOND = 10;

export interface Step {
  readonly letters: readonly Letter[];
  /** Ids that are no dead letters. */
  readonly others: readonly string[];
  /** How far the selection is with it. */
  readonly place: Place;
}

type Pace = Omit<WorkOptions<never>, "onProgress"> & { readonly ratePerSecond: number };

/**
 * The steps of a selection, each when its time has come.
 * @param ratePerSecond Infinity: as fast as it goes.
 * @throws `dead_letters_invalid`, `aborted`.
 */
export async function* inSteps(
  finder: Finder,
  selection: Selection,
  { ratePerSecond, signal, beforeStep, after }: Pace,
): AsyncGenerator<Step> {
  if (!(ratePerSecond > 0)) throw invalid("ratePerSecond", "must be more than 0");
  const size = Math.max(1, Math.min(STEP, Math.floor(ratePerSecond / STEPS_PER_SECOND)));
  let nextAt = performance.now();
  for await (const step of "ids" in selection
    ? stepsOfIds(finder, selection.ids, size)
    : stepsOfFilter(finder, selection.filter, { size, after })) {
    throwIfAborted(signal);
    await until(nextAt, signal);
    await beforeStep?.(step.letters.length);
    nextAt = Math.max(nextAt, performance.now()) + (step.letters.length * 1_000) / ratePerSecond;
    yield step;
  }
}

async function* stepsOfIds(finder: Finder, ids: readonly string[], size: number): AsyncGenerator<Step> {
  const unique = [...new Set(ids)];
  let looked = 0;
  for (let index = 0; index < unique.length; index += size) {
    const chunk = unique.slice(index, index + size);
    const letters = await finder.byIds(chunk);
    const found = new Set(letters.map(({ shown }) => shown.id));
    looked += letters.length;
    yield { letters, others: chunk.filter((id) => !found.has(id)), place: { after: null, looked } };
  }
}

/**
 * A letter that fails once more while this goes on is newer than where it has come to, and is not met again.
 */
async function* stepsOfFilter(
  finder: Finder,
  filter: DeadLetterFilter,
  { size, after }: { readonly size: number; readonly after: string | undefined },
): AsyncGenerator<Step> {
  let at: Position | null = after === undefined ? null : decodeCursor(after);
  let looked = 0;
  for await (const batch of finder.find(parseFilter(filter), at ?? undefined))
    for (const { letters, scanned, end } of toSlices(batch, size)) {
      looked += scanned;
      at = end ?? at;
      yield { letters, others: [], place: { after: at === null ? null : encodeCursor(at), looked } };
    }
}

interface Slice {
  readonly letters: readonly Letter[];
  readonly scanned: number;
  /** Where the next one begins; null: it has no letters, and is the last one. */
  readonly end: Position | null;
}

/** One at least, since a step without letters is one, too. What was looked at counts with the last one. */
function toSlices({ letters, scanned, next }: Batch, size: number): Slice[] {
  const slices: Slice[] = [];
  for (let index = 0; index === 0 || index < letters.length; index += size) {
    const some = letters.slice(index, index + size);
    const last = some.at(-1)?.shown ?? null;
    const isLast = index + size >= letters.length;
    slices.push({ letters: some, scanned: isLast ? scanned : 0, end: isLast ? (next ?? last) : last });
  }
  return slices;
}

/** @throws `aborted`. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new PostriderError(
      "aborted",
      "stopped; the rest are dead letters still, and the same call goes on",
      {
        cause: signal.reason,
      },
    );
}

/** Resolves at a time of `performance.now()`. @throws `aborted` as soon as the signal fires. */
async function until(at: number, signal: AbortSignal | undefined): Promise<void> {
  const ms = at - performance.now();
  if (ms > 0) await setTimeout(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  throwIfAborted(signal);
}
