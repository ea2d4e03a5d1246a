// Takes a stream of customers into a run, and can be asked at any time how far it is. The stream is read only
// as fast as Redis takes its customers.

import { CustomersFileError } from "@postrider/producer/customers/customers-file-error";
import { type Format, readCustomers } from "@postrider/producer/customers/read-customers";
import type { EnqueueMany, Progress, RunOrder } from "@postrider/producer/enqueue/enqueue-many";
import type { Customer } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { createPlace, type Place } from "./place.ts";
import { createRejectedLines, type RejectedLine, type RejectedLines } from "./rejected-lines.ts";
import { unlessSilent } from "./unless-silent.ts";

/** What becomes of the customers of a stream. */
export type StreamOrder = Omit<RunOrder, "customers" | "onProgress" | "onInvalid" | "signal">;

export interface CustomersStream {
  readonly bytes: AsyncIterable<Buffer>;
  readonly format: Format;
  /** The line behind which to begin; 0: from the first. */
  readonly after: number;
  /** How many rejected lines are kept. */
  readonly rejectedMax: number;
  /** How long no bytes may come while they are waited for. */
  readonly silenceMs: number;
}

export interface Counts {
  readonly enqueued: number;
  readonly duplicates: number;
  readonly recovered: number;
  readonly rejected: number;
  /** All up to this line is enqueued or rejected. */
  readonly line: number;
  /** True while the lane is full, and nothing is read. */
  readonly isPaused: boolean;
}

export type Ending = { readonly action: string } | { readonly error: unknown };

export interface Reception {
  counts(): Counts;
  rejectedLines(): readonly RejectedLine[];
  /** Never rejects. */
  readonly ended: Promise<Ending>;
  /** Reads no further; what was read by then is enqueued, and the run stays open. */
  stop(why: Error): void;
}

/**
 * Resolves once the run is begun, and nothing is read of the stream before.
 * @throws what enqueueMany says of the order, the action and the run. Later it is how the reception `ended`.
 */
export async function receive(
  stream: CustomersStream,
  order: StreamOrder,
  enqueueMany: EnqueueMany,
): Promise<Reception> {
  const place = createPlace(stream.after);
  const rejected = createRejectedLines(stream.rejectedMax);
  const stopping = new AbortController();
  let progress: Omit<Progress, "acknowledged"> = NOTHING;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const enqueuing = enqueueMany({
    ...order,
    customers: readGood(stream, { place, rejected, begin }),
    onProgress: (next) => {
      place.acknowledge(next.acknowledged);
      progress = next;
    },
    onInvalid: (_, { message }) => rejected.add({ line: place.rejectLast(), column: 1, message }),
    signal: stopping.signal,
  });
  const ended = enqueuing.then(
    ({ action }): Ending => ({ action }),
    (error: unknown): Ending => ({ error: stopping.signal.aborted ? stopping.signal.reason : toTold(error) }),
  );
  await Promise.race([begun, enqueuing]);
  return {
    counts() {
      const { enqueued, duplicates, recovered, isPaused } = progress;
      return { enqueued, duplicates, recovered, rejected: rejected.count(), line: place.line(), isPaused };
    },
    rejectedLines: rejected.list,
    ended,
    stop: (why) => stopping.abort(why),
  };
}

const NOTHING = { enqueued: 0, duplicates: 0, recovered: 0, isPaused: false };

interface Notes {
  readonly place: Place;
  readonly rejected: RejectedLines;
  /** Is called as soon as anybody asks for customers. */
  readonly begin: () => void;
}

/** @throws `customers_empty`, and what keeps the stream from being read. */
async function* readGood(
  { bytes, format, after, silenceMs }: CustomersStream,
  { place, rejected, begin }: Notes,
): AsyncGenerator<Customer> {
  begin();
  for await (const line of readCustomers(unlessSilent(bytes, silenceMs), { format, after })) {
    if ("problem" in line) {
      rejected.add({ line: line.line, column: line.column, message: line.problem });
      place.reject(line.end);
    } else {
      place.read(line.end);
      yield line.customer;
    }
  }
  if (place.good() > 0 || after > 0) return;
  const nothing = rejected.count() > 0 ? "no good line" : "no customer";
  throw new PostriderError(
    "customers_empty",
    `the stream has ${nothing} in it, so nothing was enqueued, and the run is left open`,
  );
}

function toTold(error: unknown): unknown {
  if (!(error instanceof CustomersFileError)) return error;
  return new PostriderError("customers_unreadable", error.message, { cause: error });
}
