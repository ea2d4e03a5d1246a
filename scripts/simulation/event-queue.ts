// What happens when: a binary heap of numbers, ordered by time and, at the same time, by who came first, so
// that a simulation gives the same every time.

export interface SimulatedEvent {
  /** Seconds. */
  readonly at: number;
  readonly kind: number;
  /** What it is about; what it means is its kind's business. */
  readonly subject: number;
  readonly object: number;
}

export interface EventQueue {
  add(at: number, kind: number, subject: number, object?: number): void;
  /** The next event, which is taken out; null: nothing more happens. */
  next(): SimulatedEvent | null;
}

interface Placed extends SimulatedEvent {
  readonly place: number;
}

export function createEventQueue(): EventQueue {
  const heap: Placed[] = [];
  let added = 0;
  const isSooner = (one: Placed, other: Placed): boolean =>
    one.at < other.at || (one.at === other.at && one.place < other.place);
  const rise = (index: number, event: Placed): void => {
    let at = index;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Placed;
      if (!isSooner(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  };
  const sink = (event: Placed): void => {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const [left, right] = [heap[child] as Placed, heap[child + 1]];
      if (right !== undefined && isSooner(right, left)) child += 1;
      const below = heap[child] as Placed;
      if (isSooner(event, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = event;
  };
  return {
    add(at, kind, subject, object = 0) {
      const event = { at, kind, subject, object, place: added++ };
      heap.push(event);
      rise(heap.length - 1, event);
    },
    next() {
      const [first] = heap;
      const last = heap.pop();
      if (first === undefined || last === undefined) return null;
      if (heap.length > 0) sink(last);
      return first;
    },
  };
}
