// Pulls items one by one and hands them on in chunks, a few at once, so that memory stays flat. A source that
// is slow or silent holds nothing back: what was pulled is handed on after a moment, and an abort or a
// failure ends the waiting.

import { PostriderError } from "@postrider/shared/errors";

/**
 * One transaction of one shard: small enough to hold Redis for some milliseconds only, large enough to hide
 * the round trip.
 */
export const CHUNK = 250;
/** While one chunk is in Redis' hands the next one is made. */
const CHUNKS_UNDER_WAY_MAX = 2;
/** How long an item may wait for others. */
const GATHER_MS = 200;
/** How long a source may take to let go of what it holds, such as a database's cursor. */
const LET_GO_MS = 1_000;

export interface Handing<Source, Item> {
  readonly from: Iterable<Source> | AsyncIterable<Source>;
  /** Of a full chunk. */
  readonly size: number;
  /** Null: nothing to hand on. @throws what ends the pulling there; what came before is handed on. */
  readonly toItem: (source: Source) => Item | null;
  /** Resolves when one more chunk may be handed on. */
  readonly waitForRoom: () => Promise<void>;
  readonly take: (chunk: readonly Item[]) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/**
 * @throws what `toItem`, `waitForRoom`, `take` or the source threw first, or `aborted`. All that was handed
 * on has been taken by then.
 */
export async function handOnInChunks<Source, Item>(handing: Handing<Source, Item>): Promise<void> {
  const { from, toItem, signal } = handing;
  const source = createSource(from);
  const chunks = createChunks(handing, source.interrupt);
  const stop = (): void => source.interrupt(toAborted(signal));
  signal?.addEventListener("abort", stop, { once: true });
  try {
    throwIfAborted(signal);
    await pull(source, toItem, chunks);
  } finally {
    signal?.removeEventListener("abort", stop);
    await chunks.settle();
    await source.letGo();
  }
}

async function pull<Source, Item>(
  source: Pulling<Source>,
  toItem: (source: Source) => Item | null,
  chunks: Chunks<Item>,
): Promise<void> {
  try {
    for (;;) {
      const pulled = source.next();
      const next = "then" in pulled ? await pulled : pulled;
      if (next.done === true) break;
      const item = toItem(next.value);
      if (item !== null && chunks.add(item)) await chunks.flush();
      source.throwIfInterrupted();
    }
  } catch (error) {
    // What was pulled before a bad item or the source's own failure is good.
    if (!source.isInterrupted()) await chunks.flush();
    source.throwIfInterrupted();
    throw error;
  }
  await chunks.flush();
  await chunks.settle();
  source.throwIfInterrupted();
}

interface Chunks<Item> {
  /** @returns whether the chunk is full and must be flushed before another item is added. */
  add(item: Item): boolean;
  /** Hands the chunk on as soon as there is room. */
  flush(): Promise<void>;
  /** Resolves when all that was handed on is taken. */
  settle(): Promise<void>;
}

/** A failure is told by `fail`, since what fails is often not what anybody waits for. */
function createChunks<Item>(
  { size, take, waitForRoom }: Pick<Handing<never, Item>, "size" | "take" | "waitForRoom">,
  fail: (error: unknown) => void,
): Chunks<Item> {
  const underWay = new Set<Promise<void>>();
  let chunk: Item[] = [];
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();
  let hasFailed = false;

  const failed = (error: unknown): void => {
    hasFailed = true;
    fail(error);
  };
  const handOn = async (): Promise<void> => {
    clearTimeout(timer);
    if (chunk.length === 0 || hasFailed) return;
    await waitForRoom();
    const taken: Promise<void> = take(chunk)
      .catch(failed)
      .finally(() => underWay.delete(taken));
    chunk = [];
    underWay.add(taken);
    if (underWay.size >= CHUNKS_UNDER_WAY_MAX) await Promise.race(underWay);
  };
  const flush = (): Promise<void> => {
    flushing = flushing.then(handOn).catch(failed);
    return flushing;
  };
  return {
    add(item) {
      chunk.push(item);
      if (chunk.length === 1) timer = setTimeout(() => void flush(), GATHER_MS);
      return chunk.length >= size;
    },
    flush,
    async settle() {
      clearTimeout(timer);
      await flushing;
      await Promise.all(underWay);
    },
  };
}

interface Pulling<Source> {
  /** At once where the source is there at once: a million promises would cost more than the rest. */
  next(): IteratorResult<Source> | Promise<IteratorResult<Source>>;
  /** Ends the waiting for the next item. The first reason stands. */
  interrupt(reason: unknown): void;
  isInterrupted(): boolean;
  throwIfInterrupted(): void;
  /**
   * Lets the source clean up, unless it is still busy with the next item: it would only hear of it after
   * that.
   */
  letGo(): Promise<void>;
}

function createSource<Source>(from: Iterable<Source> | AsyncIterable<Source>): Pulling<Source> {
  const isAsync = Symbol.asyncIterator in from;
  const iterator = isAsync ? from[Symbol.asyncIterator]() : from[Symbol.iterator]();
  let interruption: { readonly reason: unknown } | undefined;
  let giveUp: (reason: unknown) => void = () => undefined;
  let isOpen = true;
  let isBusy = false;

  const waitFor = (next: Promise<IteratorResult<Source>>): Promise<IteratorResult<Source>> =>
    // Not Promise.race: it would leave a handler on the signal's promise for every item.
    new Promise((resolve, reject) => {
      isBusy = true;
      giveUp = reject;
      void next.then(resolve, reject).finally(() => {
        isBusy = false;
      });
    });
  const note = (result: IteratorResult<Source>): IteratorResult<Source> => {
    isOpen = result.done !== true;
    return result;
  };
  return {
    next() {
      isOpen = false;
      const next = iterator.next();
      return isAsync ? waitFor(Promise.resolve(next)).then(note) : note(next as IteratorResult<Source>);
    },
    interrupt(reason) {
      interruption ??= { reason };
      giveUp(interruption.reason);
    },
    isInterrupted: () => interruption !== undefined,
    throwIfInterrupted() {
      if (interruption !== undefined) throw interruption.reason;
    },
    async letGo() {
      if (!isOpen && !isBusy) return;
      const ended = Promise.resolve(iterator.return?.()).catch(() => undefined);
      if (!isBusy) await Promise.race([ended, soon()]);
    },
  };
}

function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LET_GO_MS).unref());
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw toAborted(signal);
}

function toAborted(signal: AbortSignal | undefined): PostriderError {
  return new PostriderError("aborted", "enqueueing was aborted; the same run again goes on", {
    cause: signal?.reason,
  });
}
