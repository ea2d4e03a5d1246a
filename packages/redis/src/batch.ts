// Group commit: what many deliveries ask of Redis at about the same time travels in one command, and their
// next steps then leave together, too. A group waits a moment only when the one before it had company; a lone
// delivery waits for nobody. This is what makes an atomic record per delivery cheap.

/** Some ten deliveries gather in it at full speed; against any network it is nothing. */
const GATHER_MS = 2;

/** An item, and who waits for what comes of it. */
interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Gives each of those who wait its own result, or all of them the failure. */
function handOut<Item, Result>(
  group: readonly Waiting<Item, Result>[],
  flushed: Promise<readonly Result[]>,
): void {
  flushed.then(
    (results) => {
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as Result);
    },
    (error: unknown) => {
      for (const { reject } of group) reject(error);
    },
  );
}

/**
 * Carries out `flush` for all items that gathered, and hands each caller its own result.
 * @param gatherMs how long a group waits that had company; 0: for those alone that come in the same turn of
 * the event loop.
 */
export function createBatch<Item, Result>(
  flush: (items: readonly Item[]) => Promise<readonly Result[]>,
  itemsMax: number,
  gatherMs = GATHER_MS,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let isPlanned = false;
  let hadCompany = false;

  const plan = (): void => {
    isPlanned = true;
    if (hadCompany && gatherMs > 0) setTimeout(run, gatherMs);
    else setImmediate(run);
  };
  const run = (): void => {
    isPlanned = false;
    hadCompany = waiting.length > 1;
    const group = waiting.slice(0, itemsMax);
    waiting = waiting.slice(itemsMax);
    if (group.length === 0) return;
    handOut(group, flush(group.map(({ item }) => item)));
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (waiting.length >= itemsMax) run();
      else if (!isPlanned) plan();
    });
}

/**
 * The same where only items with the same key can travel together: `flush` gets those of one key, and neither
 * a failure of one key nor its delay is another's.
 */
export function createBatchByKey<Item, Result>(
  toKey: (item: Item) => string,
  flush: (items: readonly [Item, ...Item[]]) => Promise<readonly Result[]>,
  itemsMax: number,
  gatherMs = GATHER_MS,
): (item: Item) => Promise<Result> {
  const add = createBatch<Waiting<Item, Result>, undefined>(
    async (waiting) => {
      for (const group of groupBy(waiting, ({ item }) => toKey(item)))
        handOut(group, flush(group.map(({ item }) => item) as [Item, ...Item[]]));
      return [];
    },
    itemsMax,
    gatherMs,
  );
  return (item) => new Promise((resolve, reject) => void add({ item, resolve, reject }));
}

function groupBy<Item>(items: readonly Item[], toKey: (item: Item) => string): [Item, ...Item[]][] {
  const groups = new Map<string, [Item, ...Item[]]>();
  for (const item of items) {
    const key = toKey(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
