// The lines of a stream of bytes, and their text. Cut from bytes, so that a bad line is told without touching
// the next.

import { DELIVERY_BYTES_MAX } from "@postrider/shared/delivery";

/**
 * A line that no delivery could carry anyway (see DELIVERY_BYTES_MAX) is not even kept; escapes may double
 * its size.
 */
export const LINE_BYTES_MAX = 2 * DELIVERY_BYTES_MAX;
/** What is kept of a line that is too long. */
const BYTES_KEPT = 200;
const NEWLINE = 0x0a;
const REPLACEMENT = Buffer.from("\ufffd");

export interface Line {
  /** 1-based. */
  readonly number: number;
  /** Without the newline; the beginning of a line that is too long. */
  readonly bytes: Buffer;
  readonly isTooLong: boolean;
}

/** What keeps a line from being read: where, and what to change. */
export interface LineProblem {
  readonly column: number;
  readonly problem: string;
}

/** @param after the line behind which to begin; what stands before is counted and passed over. */
export async function* cutLines(chunks: AsyncIterable<Buffer>, after = 0): AsyncGenerator<Line> {
  let number = 0;
  let parts: Buffer[] = [];
  let length = 0;
  let isTooLong = false;
  const add = (bytes: Buffer): void => {
    length += bytes.length;
    if (isTooLong || number < after) return;
    if (length > LINE_BYTES_MAX) {
      isTooLong = true;
      parts = [Buffer.concat([...parts, bytes]).subarray(0, BYTES_KEPT)];
    } else {
      parts.push(bytes);
    }
  };
  const pass = (): void => {
    number += 1;
    length = 0;
  };
  const take = (): Line => {
    const [only] = parts;
    const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    const line = { number: ++number, bytes, isTooLong };
    parts = [];
    length = 0;
    isTooLong = false;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, at));
      if (number < after) pass();
      else yield take();
      from = at + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0 && number >= after) yield take();
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The line's text, or why it has none. */
export function readText({ bytes, isTooLong }: Line): string | LineProblem {
  if (isTooLong)
    return {
      column: LINE_BYTES_MAX + 1,
      problem: `the line is longer than ${LINE_BYTES_MAX} bytes, and a delivery carries at most ${DELIVERY_BYTES_MAX}; only its first ${BYTES_KEPT} bytes are kept`,
    };
  try {
    return utf8.decode(bytes);
  } catch {
    return { column: findBadByte(bytes) + 1, problem: "is not UTF-8; save the file as UTF-8" };
  }
}

/**
 * How many characters stand before the first byte that is no UTF-8: there the lenient reading has a mark that
 * the bytes have not.
 */
function findBadByte(bytes: Buffer): number {
  const lenient = bytes.toString("utf8");
  for (let at = lenient.indexOf("\ufffd"); at >= 0; at = lenient.indexOf("\ufffd", at + 1)) {
    const offset = Buffer.byteLength(lenient.slice(0, at));
    if (!bytes.subarray(offset, offset + REPLACEMENT.length).equals(REPLACEMENT)) return at;
  }
  return lenient.length;
}
