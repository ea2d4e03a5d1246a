// A customers file as pieces that are sent one after the other: whole records, about a megabyte each, so that
// no more than one of them is ever in memory, and a break costs no more than one. Pure.

import { type Bytes, type Format, findRecords, RECORD_BYTES_MAX, type RecordEnd } from "./find-records.ts";

export const PIECE_BYTES = 1_048_576;
const LINE_BYTES_KEPT = RECORD_BYTES_MAX + 1;
const NEWLINE = 0x0a;

export interface Piece {
  /** What is sent: the records, behind a CSV's header or an empty line, which the API passes over. */
  readonly body: Bytes;
  /** Lines at the beginning of the body that are no part of the piece. */
  readonly headLines: number;
  /** Lines of the file before it. */
  readonly before: number;
  /** Lines of the file up to its end. */
  readonly upTo: number;
  readonly isLast: boolean;
}

const NO_HEAD = { bytes: new Uint8Array(), lines: 0 };
/** Behind a head nothing is the file's first line, which the API reads with more care. */
const EMPTY_LINE = { bytes: new Uint8Array([NEWLINE]), lines: 1 };

/** @param pieceBytes lowered by tests alone. */
export async function* cutPieces(
  chunks: AsyncIterable<Bytes>,
  format: Format,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<Piece> {
  const pending = createPending(2 * pieceBytes);
  let head: typeof NO_HEAD | null = null;
  let before = 0;
  /** Of what is pending: whole records, and their lines. */
  let whole: RecordEnd = { end: 0, lines: 0 };

  const cut = ({ end, lines }: RecordEnd, isLast: boolean): Piece => {
    const records = pending.take(end);
    const own: typeof NO_HEAD = before === 0 ? NO_HEAD : (head ?? EMPTY_LINE);
    if (head === null) head = format === "csv" ? findHeader(records) : EMPTY_LINE;
    const body = own.lines === 0 ? records : concat([own.bytes, records]);
    const piece = { body, headLines: own.lines, before, upTo: before + lines, isLast };
    before += lines;
    whole = { end: 0, lines: 0 };
    return piece;
  };
  /** Whether there is a piece to cut: always the same ones, however the bytes come. */
  const isFull = (): boolean => {
    const linesBefore = whole.lines;
    for (const { end, lines } of findRecords(pending.bytes(), whole.end, format)) {
      whole = { end, lines: linesBefore + lines };
      if (end >= pieceBytes) return true;
    }
    return false;
  };

  for await (const chunk of shorten(chunks)) {
    pending.add(chunk);
    while (isFull()) yield cut(whole, false);
  }
  const rest = pending.bytes();
  const isCutShort = rest.length > 0 && rest.at(-1) !== NEWLINE;
  yield cut({ end: rest.length, lines: countLines(rest) + (isCutShort ? 1 : 0) }, true);
}

/** Bytes that wait to be cut, in a room that is used again and again. */
function createPending(roomBytes: number) {
  let room: Bytes = new Uint8Array(roomBytes);
  let used = 0;
  return {
    bytes: (): Bytes => room.subarray(0, used),
    add(chunk: Bytes): void {
      if (used + chunk.length > room.length) {
        const larger = new Uint8Array(2 * (used + chunk.length));
        larger.set(room.subarray(0, used));
        room = larger;
      }
      room.set(chunk, used);
      used += chunk.length;
    },
    /** A copy of the first ones, which wait no more. */
    take(end: number): Bytes {
      const taken = room.slice(0, end);
      room.copyWithin(0, end, used);
      used -= end;
      return taken;
    },
  };
}

/** Lines that are too long for any delivery are cut behind the place where the API sees so. */
async function* shorten(chunks: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
  let length = 0;
  for await (const chunk of chunks) {
    const behindLast = chunk.lastIndexOf(NEWLINE) + 1;
    // Mostly no line in it can be too long.
    yield length + chunk.length <= LINE_BYTES_KEPT ? chunk : shortenChunk(chunk, length);
    length = behindLast === 0 ? length + chunk.length : chunk.length - behindLast;
  }
}

/** @param length of the line with which the chunk begins, up to there. */
function shortenChunk(chunk: Bytes, length: number): Bytes {
  const kept: Bytes[] = [];
  /** From here on nothing is left out so far. */
  let whole = 0;
  let room = Math.max(0, LINE_BYTES_KEPT - length);
  for (let from = 0; from < chunk.length; room = LINE_BYTES_KEPT) {
    const newline = chunk.indexOf(NEWLINE, from);
    const end = newline < 0 ? chunk.length : newline;
    if (end - from > room) {
      kept.push(chunk.subarray(whole, from + room));
      whole = end;
    }
    from = end + 1;
  }
  return kept.length === 0 ? chunk : concat([...kept, chunk.subarray(whole)]);
}

/** What a CSV begins with: its header, up to the end of that record, without a byte order mark. */
function findHeader(bytes: Bytes): typeof NO_HEAD {
  const begin = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (const { end, lines } of findRecords(bytes, begin, "csv")) {
    const isBlank = bytes.subarray(begin, end).every((byte) => byte === NEWLINE || byte === 0x0d);
    if (!isBlank) return { bytes: bytes.slice(begin, end), lines };
  }
  return NO_HEAD;
}

function countLines(bytes: Bytes): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

function concat(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
