// How far a run gets is the test's to say, and not the machine's: requests wait at a gate until they may be
// answered.

import type { Behaviour } from "./receiver.ts";

export interface Gate {
  /** Answers so once the gate lets the request through, in the order of arrival. */
  behind(then: Behaviour): Behaviour;
  /** Lets so many more requests through; without a number all that come. */
  open(count?: number): void;
  /** Requests that wait at the gate. */
  waiting(): number;
}

/** A gate that is shut. */
export function createGate(): Gate {
  const kept: (() => void)[] = [];
  let left = 0;
  return {
    behind: (then) => (response) => {
      if (left === 0) {
        kept.push(() => then(response));
        return;
      }
      left -= 1;
      then(response);
    },
    open(count = Number.POSITIVE_INFINITY) {
      left += count;
      const through = kept.splice(0, Math.min(left, kept.length));
      left -= through.length;
      for (const answer of through) answer();
    },
    waiting: () => kept.length,
  };
}
