// Times: how long ago for the eye, exactly and in UTC for whoever points at them.

import { signal } from "@preact/signals";
import { showAgo, showTime } from "../words/numbers.ts";

const TICK_MS = 1_000;

/** Unix ms, a second old at most. */
export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, TICK_MS);

interface Props {
  /** ISO 8601; null: there is none. */
  readonly at: string | null;
  /** Shows the time itself, not how long ago it is. */
  readonly isExact?: boolean;
  /** Instead of a time that is not there. */
  readonly none?: string;
}

export function Time({ at, isExact = false, none = "none" }: Props) {
  if (at === null) return <span class="faint">{none}</span>;
  const exact = `${showTime(at)} UTC`;
  return (
    <time dateTime={at} title={exact}>
      {isExact ? exact : showAgo(at, now.value)}
    </time>
  );
}
