// How far a run is taken in without a gap. Two chunks are under way at once, and the later one may be
// acknowledged first.

export interface Acknowledged {
  /** How many items, from the first, are there without a gap. */
  count(): number;
  /** The next so many are under way; call what it returns once they are taken in. */
  expect(size: number): () => void;
}

export function createAcknowledged(): Acknowledged {
  const underWay: { readonly size: number; isTaken: boolean }[] = [];
  let count = 0;
  return {
    count: () => count,
    expect(size) {
      const chunk = { size, isTaken: false };
      underWay.push(chunk);
      return () => {
        chunk.isTaken = true;
        while (underWay[0]?.isTaken === true) count += underWay.shift()?.size ?? 0;
      };
    },
  };
}
