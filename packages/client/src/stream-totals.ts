// What the requests of one run have brought about, added up over those that were cut. Pure.

export interface RejectedLine {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface SendProgress {
  /** So many customers, from the first, are enqueued, known before or rejected. */
  readonly acknowledged: number;
  readonly enqueued: number;
  /** Also those whose acknowledgement a cut connection has kept back. */
  readonly duplicates: number;
  /** Known before and lost from Redis since: taken in again. */
  readonly recovered: number;
  readonly rejected: number;
  /** The lane is full, and nothing is taken in until workers have made room. */
  readonly isPaused: boolean;
}

export interface CustomersSent extends Omit<SendProgress, "acknowledged" | "isPaused"> {
  readonly run: string;
  /** `id@version`. */
  readonly action: string;
  /** The first of those that were not enqueued; their lines count customers, from 1. */
  readonly rejectedLines: readonly RejectedLine[];
}

/** A line of the answer to a stream of customers. */
export interface StreamLine {
  readonly run: string;
  readonly action?: string;
  readonly enqueued: number;
  readonly duplicates: number;
  readonly recovered?: number;
  readonly rejected: number;
  readonly line: number;
  readonly isPaused?: boolean;
  readonly rejectedLines?: readonly RejectedLine[];
  readonly done?: boolean;
  readonly error?: unknown;
}

export interface Totals {
  /** @param offset so many customers stand before the request's first line. */
  take(line: StreamLine, offset: number): void;
  /** The request has ended: what it has told last stands. */
  settle(): void;
  now(): Omit<SendProgress, "acknowledged">;
  ended(): Omit<CustomersSent, "run" | "action">;
}

type Counts = { readonly [K in "enqueued" | "duplicates" | "recovered" | "rejected"]: number };

const NOTHING: Counts = { enqueued: 0, duplicates: 0, recovered: 0, rejected: 0 };

export function createTotals(): Totals {
  let before = NOTHING;
  let here = NOTHING;
  let isPaused = false;
  const rejectedLines: RejectedLine[] = [];
  const sum = (): Counts => ({
    enqueued: before.enqueued + here.enqueued,
    duplicates: before.duplicates + here.duplicates,
    recovered: before.recovered + here.recovered,
    rejected: before.rejected + here.rejected,
  });
  return {
    take({ enqueued, duplicates, recovered = 0, rejected, rejectedLines: told = [], ...line }, offset) {
      here = { enqueued, duplicates, recovered, rejected };
      isPaused = line.isPaused === true;
      rejectedLines.push(...told.map((one) => ({ ...one, line: one.line + offset })));
    },
    settle() {
      before = sum();
      here = NOTHING;
    },
    now: () => ({ ...sum(), isPaused }),
    ended: () => ({ ...sum(), rejectedLines }),
  };
}
