// How fast what waits becomes less, by what the page has seen of it in the latest minute.

import { useRef } from "preact/hooks";

interface Look {
  /** Unix ms. */
  readonly at: number;
  readonly left: number;
}

const SPAN_MS = 60_000;
/** Two looks say nothing about a rate. */
const LOOKS_MIN = 3;

/** Less by so many a second; null: it becomes no less, or nobody knows yet. */
export function useDrain(left: number): number | null {
  const looks = useRef<readonly Look[]>([]);
  const at = Date.now();
  if (looks.current.at(-1)?.left !== left)
    looks.current = [...looks.current.filter((look) => at - look.at < SPAN_MS), { at, left }];
  const [first] = looks.current;
  if (first === undefined || looks.current.length < LOOKS_MIN) return null;
  const perSecond = ((first.left - left) * 1_000) / (at - first.at);
  return perSecond > 0 ? perSecond : null;
}
