// A customers file as pieces that are sent one after the other: whole records, about a megabyte each, so that
// no more than one of them is ever in memory, and a break costs no more than one. Pure.

import { type Bytes, type Format, findRecords, RECORD_BYTES_MAX } from "./find-records.ts";

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
  let head: typeof NO_HEAD | null = null;
  let pending: Bytes = new Uint8Array();
  let before = 0;
  /** Of `pending`: whole records, and their lines. */
  let whole = 0;
  let wholeLines = 0;

  const cut = (end: number, lines: number, isLast: boolean): Piece => {
    const records = pending.slice(0, end);
    const own: typeof NO_HEAD = before === 0 ? NO_HEAD : (head ?? EMPTY_LINE);
    if (head === null) head = format === "csv" ? findHeader(records) : EMPTY_LINE;
    const piece = {
      body: own.lines === 0 ? records : join(own.bytes, records),
      headLines: own.lines,
      before,
      upTo: before + lines,
      isLast,
    };
    before += lines;
    pending = pending.subarray(end);
    whole = 0;
    wholeLines = 0;
    return piece;
  };

  /** Whether there is a piece to cut: always the same ones, however the bytes come. */
  const isFull = (): boolean => {
    const linesBefore = wholeLines;
    for (const { end, lines } of findRecords(pending, whole, format)) {
      whole = end;
      wholeLines = linesBefore + lines;
      if (whole >= pieceBytes) return true;
    }
    return false;
  };

  for await (const chunk of shorten(chunks)) {
    pending = join(pending, chunk);
    while (isFull()) yield cut(whole, wholeLines, false);
  }
  const isCutShort = pending.length > 0 && pending.at(-1) !== NEWLINE;
  yield cut(pending.length, countLines(pending) + (isCutShort ? 1 : 0), true);
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

function join(one: Bytes, other: Bytes): Bytes {
  return one.length === 0 ? other : concat([one, other]);
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
