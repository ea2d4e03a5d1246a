// Spans on their way out: gathered, and sent in batches. Nobody waits for them: what finds no room, or is
// not taken, is dropped, counted, and said once.

import { setImmediate } from "node:timers/promises";

/** Some ten megabytes at most, while a collector is slow or away. */
export const SPANS_MAX = 8_192;
/** To write down so many takes a millisecond, in which nothing else of the process goes on. */
export const BATCH_MAX = 128;
const GATHER_MS = 1_000;
/** Longer than the exporter's own deadline (10 s), which a collector that answers in drips gets around. */
const SEND_MS = 15_000;

/** As a logger has it. */
export interface TracingLog {
  warn(facts: object, text: string): void;
  info(facts: object, text: string): void;
}

export interface SpanQueueOptions<S> {
  /** Sends a batch. @throws why it was not taken. */
  readonly send: (batch: readonly S[]) => Promise<void>;
  readonly log: TracingLog;
}

export interface SpanQueue<S> {
  add(span: S): void;
  /** Spans that were lost since the start. */
  dropped(): number;
  /** Sends what is left, for so many ms at most. */
  close(limitMs: number): Promise<void>;
}

export function createSpanQueue<S>({ send, log }: SpanQueueOptions<S>): SpanQueue<S> {
  let waiting: S[] = [];
  /** Of the batch that is under way. */
  let underWay = 0;
  let dropped = 0;
  let isTroubled = false;
  let isClosing = false;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | null = null;

  const drop = (count: number, detail: string): void => {
    dropped += count;
    if (isTroubled) return;
    isTroubled = true;
    log.warn({ detail }, "spans are dropped; postrider_spans_dropped_total counts them");
  };
  const sendBatch = async (): Promise<void> => {
    // Not within whatever has just told its spans.
    await setImmediate();
    const batch = waiting.slice(0, BATCH_MAX);
    waiting = waiting.slice(BATCH_MAX);
    underWay = batch.length;
    try {
      await inTime(send(batch), SEND_MS);
    } catch (error) {
      underWay = 0;
      return drop(batch.length, error instanceof Error ? error.message : String(error));
    }
    underWay = 0;
    if (isTroubled && waiting.length < SPANS_MAX / 2) {
      isTroubled = false;
      log.info({ dropped }, "spans are taken again");
    }
  };
  const sendAll = async (): Promise<void> => {
    do await sendBatch();
    while (waiting.length >= BATCH_MAX || (isClosing && waiting.length > 0));
    sending = null;
    plan();
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length > 0) sending ??= sendAll();
  };
  const plan = (): void => {
    if (waiting.length >= BATCH_MAX) flush();
    else if (waiting.length > 0) timer ??= setTimeout(flush, GATHER_MS).unref();
  };
  return {
    add(span) {
      if (waiting.length >= SPANS_MAX) return drop(1, `${SPANS_MAX} spans wait to be sent`);
      waiting.push(span);
      if (sending === null) plan();
    },
    dropped: () => dropped,
    async close(limitMs) {
      isClosing = true;
      flush();
      await inTime(sending ?? Promise.resolve(), limitMs).catch(() =>
        drop(underWay + waiting.length, "the collector did not take the last ones in time"),
      );
      clearTimeout(timer);
      waiting = [];
    },
  };
}

/** @throws Error when it takes longer. */
async function inTime(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not taken within ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
