// What one process met at one destination in the last minute, second by second. Of ten thousand destinations
// that are met now and then each, it takes a kilobyte, and leaves no garbage behind.

import type { Counts, CountsBySecond } from "./counts-by-second.ts";

/** Seconds that are kept: the usual window of a circuit. */
const SECONDS = 60;
const KINDS = ["accepted", "failed", "limited"] as const satisfies readonly (keyof Counts)[];

export class RecentCounts {
  /** Three of each second, at the place that it has in its minute. */
  readonly #counts = new Uint32Array(SECONDS * KINDS.length);
  /** The latest second that was counted; those before it are known as far back as the minute goes. */
  #latest = Number.NEGATIVE_INFINITY;
  #isEmpty = true;

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** @param second Unix second of Redis' clock. */
  add(kind: keyof Counts, second: number): void {
    this.#turnTo(second);
    const place = toPlace(second) + KINDS.indexOf(kind);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#isEmpty = false;
  }

  /** Everything, which is forgotten here. */
  take(): CountsBySecond {
    const met = new Map<number, Counts>();
    if (this.#isEmpty) return met;
    for (let second = this.#latest - SECONDS + 1; second <= this.#latest; second++) {
      const place = toPlace(second);
      const [accepted = 0, failed = 0, limited = 0] = this.#counts.subarray(place, place + KINDS.length);
      if (accepted + failed + limited > 0) met.set(second, { accepted, failed, limited });
    }
    this.#counts.fill(0);
    this.#isEmpty = true;
    return met;
  }

  /** Makes room for a second. One that lies before the minute means that the clock was put back. */
  #turnTo(second: number): void {
    if (second <= this.#latest && second > this.#latest - SECONDS) return;
    const passed = second - this.#latest;
    if (passed < 0 || passed >= SECONDS) this.#counts.fill(0);
    else
      for (let next = this.#latest + 1; next <= second; next++) {
        const place = toPlace(next);
        this.#counts.fill(0, place, place + KINDS.length);
      }
    this.#latest = second;
  }
}

function toPlace(second: number): number {
  return (((second % SECONDS) + SECONDS) % SECONDS) * KINDS.length;
}
