// What a chart is made of, and its values as people read them. Pure.

import { showShort, showSpan } from "../words/numbers.ts";

export interface Line {
  readonly name: string;
  /** A name of the palette: `--NAME` in the style. */
  readonly color: string;
  readonly points: readonly (number | null)[];
}

export type Unit = "per second" | "ms" | "deliveries";

export interface Drawing {
  /** ISO 8601, when each step begins. */
  readonly times: readonly string[];
  readonly lines: readonly Line[];
  readonly unit: Unit;
  /** In pixels. */
  readonly height: number;
}

export const SERIES_COLORS = [
  "series-1",
  "series-2",
  "series-3",
  "series-4",
  "series-5",
  "series-6",
  "series-7",
] as const;

export function showValue(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (unit === "ms") return showSpan(value);
  return unit === "per second" ? `${showShort(value)}/s` : showShort(value);
}
