// Where among its attempts a delivery was replayed. Pure.

import type { Delivery } from "./delivery-switches.tsx";

/**
 * Places among the attempts before which it was put back; as many as there are attempts where none was made
 * since. Told by the attempts themselves, since clocks of workers differ.
 */
export function findReplays({ attempts, state }: Pick<Delivery, "attempts" | "state">): readonly number[] {
  const isOpen = state !== "dead-letter" && state !== "ended";
  return Array.from({ length: attempts.length + 1 }, (_, place) => place).filter((place) => {
    const [before, next] = [attempts[place - 1], attempts[place]];
    if (before === undefined) return false;
    if (next !== undefined && next.attempt <= before.attempt) return true;
    return before.verdict["outcome"] !== undefined && (next !== undefined || isOpen);
  });
}
