// Group commit: what many deliveries ask of Redis at about the same time travels in one command. While one is under way
// the next ones gather; alone, nobody waits. This is what makes an atomic record per delivery cheap.

/** Carries out `flush` for all items that gathered, and hands each caller its own result. */
export function createGroup<Item, Result>(
  flush: (items: readonly Item[]) => Promise<readonly Result[]>,
  itemsMax: number,
): (item: Item) => Promise<Result> {
  interface Waiting {
    readonly item: Item;
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let isFlushing = false;

  const run = async (): Promise<void> => {
    isFlushing = true;
    while (waiting.length > 0) {
      const group = waiting.slice(0, itemsMax);
      waiting = waiting.slice(itemsMax);
      try {
        const results = await flush(group.map(({ item }) => item));
        group.forEach(({ resolve }, index) => {
          resolve(results[index] as Result);
        });
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    isFlushing = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // A microtask later, so that all that one turn of the event loop brings goes along.
      if (!isFlushing) {
        isFlushing = true;
        queueMicrotask(() => void run());
      }
    });
}
