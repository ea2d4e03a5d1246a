// What a producer has taken in, counted as plain numbers, for whoever shows them.

import type { Admit } from "@postrider/redis/scripts/admit";
import { DEFAULT_LANES, OWN_LANE_KINDS, toLaneLabel } from "@postrider/shared/lanes";

export interface TakenIn {
  /** By shared lane, or kind of own lane; lanes beyond the most that are told apart as `other`. */
  readonly enqueued: ReadonlyMap<string, number>;
  readonly duplicates: number;
}

/** Whoever enqueues names lanes. */
const LANES_SHOWN_MAX = 50;
const OTHER = "other";

/** Makes an admission count. */
export type TakenInCount = (admit: Admit) => Admit;

/** @returns the counts, and what makes admissions count. */
export function createTakenIn(): { readonly takenIn: TakenIn; readonly count: TakenInCount } {
  const enqueued = new Map<string, number>([...DEFAULT_LANES, ...OWN_LANE_KINDS].map((lane) => [lane, 0]));
  const takenIn = { enqueued, duplicates: 0 };
  return {
    takenIn,
    count: (admit) => async (admissions, entrance) => {
      const admitted = await admit(admissions, entrance);
      const label = toLaneLabel(entrance.queue.name);
      const lane = enqueued.has(label) || enqueued.size < LANES_SHOWN_MAX ? label : OTHER;
      enqueued.set(lane, (enqueued.get(lane) ?? 0) + admitted.enqueued);
      takenIn.duplicates += admitted.duplicates;
      return admitted;
    },
  };
}
