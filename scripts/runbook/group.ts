// Reasons and codes in groups: what is the same for all of a group stands once, above its table.

import type { Step } from "./entry.ts";

/** What is likely behind it, and what to do. */
export type Line = readonly [causes: string, act: string];

export interface Group<Name extends string> {
  readonly title: string;
  readonly impact: string;
  readonly look: readonly Step[];
  /** Where a line's own advice is not enough. */
  readonly act: readonly Step[];
  readonly worked: readonly Step[];
  readonly lines: Readonly<Partial<Record<Name, Line>>>;
}
