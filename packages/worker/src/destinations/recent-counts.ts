// What one process met at one destination lately, second by second. A map of seconds would take several
// kilobytes for each of ten thousand destinations, and leave an entry to collect with every delivery.

import type { Counts, CountsBySecond } from "./counts-by-second.ts";

const NEVER = Number.NEGATIVE_INFINITY;
const KINDS = ["accepted", "failed", "limited"] as const satisfies readonly (keyof Counts)[];

/** A class, since there may be ten thousand: closures for each would take as much again. */
export class RecentCounts {
  readonly #seconds: number;
  /** Three of each second, at the place that it has in the ring. */
  readonly #counts: Uint32Array;
  /** The latest second that was counted; those before it are known as far back as the ring goes. */
  #latest = NEVER;

  /** @param seconds that are kept, the latest one included. */
  constructor(seconds: number) {
    this.#seconds = seconds;
    this.#counts = new Uint32Array(seconds * KINDS.length);
  }

  get isEmpty(): boolean {
    return this.#latest === NEVER;
  }

  /** @param second Unix second of Redis' clock. */
  add(kind: keyof Counts, second: number): void {
    this.#turnTo(second);
    const place = this.#placeOf(second) + KINDS.indexOf(kind);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
  }

  /** Everything, which is forgotten here. */
  take(): CountsBySecond {
    const met = new Map<number, Counts>();
    if (this.isEmpty) return met;
    for (let second = this.#latest - this.#seconds + 1; second <= this.#latest; second++) {
      const place = this.#placeOf(second);
      const [accepted = 0, failed = 0, limited = 0] = this.#counts.subarray(place, place + KINDS.length);
      if (accepted + failed + limited > 0) met.set(second, { accepted, failed, limited });
    }
    this.#latest = NEVER;
    return met;
  }

  /** Makes room for a second. One that lies before all that is kept means that the clock was put back. */
  #turnTo(second: number): void {
    if (second <= this.#latest && second > this.#latest - this.#seconds) return;
    const passed = second - this.#latest;
    if (passed < 0 || passed >= this.#seconds) this.#counts.fill(0);
    else
      for (let next = this.#latest + 1; next <= second; next++) {
        const place = this.#placeOf(next);
        this.#counts.fill(0, place, place + KINDS.length);
      }
    this.#latest = second;
  }

  #placeOf(second: number): number {
    return (((second % this.#seconds) + this.#seconds) % this.#seconds) * KINDS.length;
  }
}
