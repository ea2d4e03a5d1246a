// The account of a round: which deliveries the sink has seen, and how often. Numbers alone would not do: one
// that is lost and one that comes twice make up for each other.

import type { Case } from "./cases.ts";

const ID = /\/c(\d{8})\//;

export interface Arrived {
  /** Of those that were measured, never seen. */
  readonly lost: number;
  /** Requests beyond the first of each. */
  readonly repeats: number;
}

/**
 * @throws where something was lost; and where something came twice, since a plain load, in which nothing
 * fails, gives no reason to send again, unless the case is one that may.
 */
export function refuseLostOrDoubled(
  { name, mayRepeat }: Pick<Case, "name" | "mayRepeat">,
  deliveries: number,
  { lost, repeats }: Arrived,
): void {
  if (lost > 0) throw new Error(`of ${deliveries} deliveries of ${name} ${lost} never reached the sink`);
  if (repeats > 0 && mayRepeat !== true)
    throw new Error(`of ${deliveries} deliveries of ${name} the sink was asked ${repeats} times again`);
}

/** @param paths of the requests, each with its customer's id. @param first the first customer's number. */
export function accountFor(paths: readonly string[], first: number, count: number): Arrived {
  const times = new Uint8Array(count);
  let repeats = 0;
  for (const path of paths) {
    const place = Number(ID.exec(path)?.[1] ?? Number.NaN) - first;
    if (!(place >= 0 && place < count))
      throw new Error(`the sink was asked for ${path}, which is no delivery`);
    if (times[place] === 0) times[place] = 1;
    else repeats += 1;
  }
  return { lost: times.reduce((sum, one) => sum + (one === 0 ? 1 : 0), 0), repeats };
}
