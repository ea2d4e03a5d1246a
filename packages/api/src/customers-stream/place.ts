// Up to which line all that was read is dealt with: enqueued, known before, or rejected. From there a sender
// may go on.

export interface Place {
  /** A good line was read, which ends there; it is not yet enqueued. */
  read(end: number): void;
  /** A line was rejected. */
  reject(end: number): void;
  /** The good line that was read last is rejected after all. @returns where it ends. */
  rejectLast(): number;
  /** So many of the good lines are enqueued, counted from the first. */
  acknowledge(count: number): void;
  line(): number;
  /** Good lines that were read, and not rejected after all. */
  good(): number;
}

/** @param after where reading begins. */
export function createPlace(after: number): Place {
  /** Ends of good lines that are read and not yet enqueued: as many as a few chunks hold. */
  const underWay: number[] = [];
  let acknowledged = 0;
  let lastAcknowledged = after;
  let lastRead = after;
  let good = 0;
  return {
    read(end) {
      good += 1;
      underWay.push(end);
      lastRead = end;
    },
    reject(end) {
      lastRead = end;
    },
    rejectLast() {
      good -= 1;
      return underWay.pop() ?? lastRead;
    },
    acknowledge(count) {
      const ends = underWay.splice(0, count - acknowledged);
      acknowledged = count;
      lastAcknowledged = ends.at(-1) ?? lastAcknowledged;
    },
    line: () => (underWay.length === 0 ? lastRead : lastAcknowledged),
    good: () => good,
  };
}
