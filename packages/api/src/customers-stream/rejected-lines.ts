// The lines of a stream that are not enqueued: how many, and the first of them with what is wrong.

export interface RejectedLine {
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface RejectedLines {
  add(line: RejectedLine): void;
  count(): number;
  /** The first ones. */
  list(): readonly RejectedLine[];
}

/** A message may name a column, and a column's name may be as long as a line. */
const MESSAGE_CHARS_MAX = 500;

/** @param listedMax how many are kept: who has more has them all for the same few reasons. */
export function createRejectedLines(listedMax: number): RejectedLines {
  const listed: RejectedLine[] = [];
  let count = 0;
  return {
    add({ line, column, message }) {
      count += 1;
      if (listed.length < listedMax)
        listed.push({ line, column, message: message.slice(0, MESSAGE_CHARS_MAX) });
    },
    count: () => count,
    list: () => listed,
  };
}
