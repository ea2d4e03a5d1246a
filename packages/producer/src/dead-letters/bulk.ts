// Works through a selection of dead letters, a few at a time: at a limited rate, until it is told to stop.
// What was done by then stays.

import { setTimeout } from "node:timers/promises";
import { PostriderError } from "@postrider/shared/errors";
import { type DeadLetterFilter, invalid, parseFilter } from "./filter.ts";
import type { Finder } from "./find.ts";
import type { Letter } from "./letter.ts";

/** Which letters: these, or all that a filter means. `{ filter: {} }` means all. */
export type Selection = { readonly ids: readonly string[] } | { readonly filter: DeadLetterFilter };

export interface WorkOptions<Progress> {
  /** Told after each step; the last time with the result. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops between two steps. */
  readonly signal?: AbortSignal | undefined;
}

/** One transaction: some 50 letters hold Redis for some milliseconds at most. */
const STEP = 50;
/** So much of a second's worth in one step, so that a low rate does not come in bursts. */
const STEPS_PER_SECOND = 10;

export interface Step {
  readonly letters: readonly Letter[];
  /** Ids that are no dead letters. */
  readonly others: readonly string[];
}

/**
 * The steps of a selection, each when its time has come.
 * @param ratePerSecond Infinity: as fast as it goes.
 * @throws `dead_letters_invalid`, `aborted`.
 */
export async function* inSteps(
  finder: Finder,
  selection: Selection,
  { ratePerSecond, signal }: { readonly ratePerSecond: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Step> {
  if (!(ratePerSecond > 0)) throw invalid("ratePerSecond", "must be more than 0");
  const size = Math.max(1, Math.min(STEP, Math.floor(ratePerSecond / STEPS_PER_SECOND)));
  let nextAt = performance.now();
  for await (const step of "ids" in selection
    ? stepsOfIds(finder, selection.ids, size)
    : stepsOfFilter(finder, selection.filter, size)) {
    throwIfAborted(signal);
    await until(nextAt, signal);
    nextAt = Math.max(nextAt, performance.now()) + (step.letters.length * 1_000) / ratePerSecond;
    yield step;
  }
}

async function* stepsOfIds(finder: Finder, ids: readonly string[], size: number): AsyncGenerator<Step> {
  const unique = [...new Set(ids)];
  for (let index = 0; index < unique.length; index += size) {
    const chunk = unique.slice(index, index + size);
    const letters = await finder.byIds(chunk);
    const found = new Set(letters.map(({ shown }) => shown.id));
    yield { letters, others: chunk.filter((id) => !found.has(id)) };
  }
}

/**
 * A letter that fails once more while this goes on is newer than where it has come to, and is not met again.
 */
async function* stepsOfFilter(finder: Finder, filter: DeadLetterFilter, size: number): AsyncGenerator<Step> {
  for await (const { letters } of finder.find(parseFilter(filter)))
    for (let index = 0; index < letters.length || index === 0; index += size)
      yield { letters: letters.slice(index, index + size), others: [] };
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
