// The body of one request of a stream of customers: lines as they come, gathered while they come fast. It
// waits where the connection is slower than the source.

import type { PendingCustomers } from "./pending-customers.ts";

const GATHER_CHARS = 65_536;

export interface CustomersBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Sends no more, whatever is under way. */
  stop(): void;
}

/**
 * @param before what the first line is that is sent, and which stands for all that is acknowledged; "" for
 * none. @param fail called where the source has failed, once all that came before is acknowledged.
 */
export function createCustomersBody(
  pending: PendingCustomers,
  before: string,
  fail: (error: unknown) => void,
): CustomersBody {
  const encoder = new TextEncoder();
  let next = pending.first();
  let text = before;
  let isStopped = false;

  const takeLines = (): void => {
    for (; next < pending.pulled() && text.length < GATHER_CHARS; next++) text += pending.line(next);
  };
  const gather = async (): Promise<void> => {
    takeLines();
    while (!isStopped && !pending.isDrained() && text.length < GATHER_CHARS) {
      const more = pending.more();
      // What is gathered goes out as soon as the source takes its time.
      if (text !== "" && !(await isSoon(more))) return;
      await more;
      takeLines();
    }
  };
  /** What came before the source's failure is good, and the run must not be taken for complete. */
  const awaitAcknowledged = async (): Promise<void> => {
    while (!isStopped && pending.first() < pending.pulled()) await pending.acknowledged();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await gather();
        if (isStopped) return;
        if (text !== "") {
          controller.enqueue(encoder.encode(text));
          text = "";
          return;
        }
        const failure = pending.failure();
        if (failure === null) return controller.close();
        await awaitAcknowledged();
        if (!isStopped) fail(failure.error);
      },
      cancel() {
        isStopped = true;
      },
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    stop() {
      isStopped = true;
    },
  };
}

/** Whether it resolves before anything else has its turn. */
function isSoon(promise: Promise<void>): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(resolve, false)),
  ]);
}
