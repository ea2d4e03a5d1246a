// Works through a selection of dead letters, a few at a time: at a limited rate, until it is told to stop.
// What was done by then stays.

import type { Position } from "@postrider/redis/letter-page";
import { createPacer, type Pace, type Place, toStepSize } from "../tasks/pace.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { type DeadLetterFilter, invalid, parseFilter } from "./filter.ts";
import type { Batch, Finder } from "./find.ts";
import type { Letter } from "./letter.ts";

/** Which letters: these, or all that a filter means. `{ filter: {} }` means all. */
export type Selection = { readonly ids: readonly string[] } | { readonly filter: DeadLetterFilter };

const STOPPED = "stopped; the rest are dead letters still, and the same call goes on";

export interface Step {
  readonly letters: readonly Letter[];
  /** Ids that are no dead letters. */
  readonly others: readonly string[];
  /** How far the selection is with it. */
  readonly place: Place;
}

interface StepOptions extends Omit<Pace, "stopped"> {
  readonly after?: string | undefined;
}

/**
 * The steps of a selection, each when its time has come.
 * @param ratePerSecond Infinity: as fast as it goes.
 * @throws `dead_letters_invalid`, `aborted`.
 */
export async function* inSteps(
  finder: Finder,
  selection: Selection,
  { after, ...pace }: StepOptions,
): AsyncGenerator<Step> {
  if (!(pace.ratePerSecond > 0)) throw invalid("ratePerSecond", "must be more than 0");
  const size = toStepSize(pace.ratePerSecond);
  const pacer = createPacer({ ...pace, stopped: STOPPED });
  for await (const step of "ids" in selection
    ? stepsOfIds(finder, selection.ids, size)
    : stepsOfFilter(finder, selection.filter, { size, after })) {
    await pacer.untilDue(step.letters.length);
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
