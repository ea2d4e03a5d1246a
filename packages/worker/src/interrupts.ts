// What may be given up before its time, as by a shutdown: everything that is under way has its place here.

export interface Interruptible {
  interrupt(): void;
}

export interface Interrupts {
  /** @returns its place, for `remove`. */
  add(one: Interruptible): number;
  remove(place: number): void;
  count(): number;
  interruptAll(): void;
}

/**
 * Not an AbortSignal: thousands listen at once, and adding a listener to one costs more than the exchange.
 * Not a Set: one that changes all the time is built again every so often, and what V8 leaves behind kept
 * ended exchanges from being collected for long.
 */
export function createInterrupts(): Interrupts {
  const places: (Interruptible | null)[] = [];
  const free: number[] = [];
  return {
    add(one) {
      const place = free.pop() ?? places.length;
      places[place] = one;
      return place;
    },
    remove(place) {
      if (places[place] === null) return;
      places[place] = null;
      free.push(place);
    },
    count: () => places.length - free.length,
    interruptAll() {
      for (const one of [...places]) one?.interrupt();
    },
  };
}
