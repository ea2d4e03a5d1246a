// The rejected lines of a customers file, as they stand in it: to be mended and sent under the same run.

import type { Piece } from "./cut-pieces.ts";
import { type Bytes, type Format, findRecords } from "./find-records.ts";

/** A line that the API rejected, as it numbers the lines of a body. */
export interface RejectedAt {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface RejectedFile {
  /** Takes the lines out of the piece in which they were rejected. */
  add(piece: Piece, rejected: readonly RejectedAt[]): void;
  /** The first ones, by their numbers in the file. */
  shown(): readonly RejectedAt[];
  /** So many are in it. */
  count(): number;
  /** What may be saved; a CSV has its header again. */
  toBlob(): Blob;
  readonly format: Format;
}

/** As `people.rejected.csv` of `people.csv.gz`: by its end programs and the form itself know what it is. */
export function nameRejected(name: string, format: Format): string {
  return `${name.replace(/\.gz$/i, "").replace(/\.(csv|ndjson|jsonl|json)$/i, "")}.rejected.${format}`;
}

const SHOWN = 50;
/** What is kept at most: who has more has them for the same few reasons. */
const BYTES_MAX = 33_554_432;

export function createRejectedFile(format: Format): RejectedFile {
  const parts: (Bytes | string)[] = [];
  const shown: RejectedAt[] = [];
  let bytes = 0;
  let count = 0;
  let header: Bytes | null = null;
  return {
    add(piece, rejected) {
      if (format === "csv") header ??= findFirst(piece.body);
      const offset = piece.before - piece.headLines;
      for (const { line, ...rest } of rejected.slice(0, Math.max(0, SHOWN - shown.length)))
        shown.push({ line: line + offset, ...rest });
      for (const record of takeRecords(piece.body, rejected, format)) {
        if (bytes + record.length > BYTES_MAX) return;
        bytes += record.length;
        count += 1;
        parts.push(record);
        if (record.at(-1) !== NEWLINE) parts.push("\n");
      }
    },
    format,
    shown: () => shown,
    count: () => count,
    toBlob: () =>
      new Blob(header === null ? parts : [header, ...parts], {
        type: "application/octet-stream",
      }),
  };
}

const NEWLINE = 0x0a;

/** A copy of the first record that says something. */
function findFirst(body: Bytes): Bytes {
  let from = 0;
  for (const { end } of findRecords(body, 0, "csv")) {
    if (body.subarray(from, end).some((byte) => byte !== NEWLINE && byte !== 0x0d))
      return body.slice(from, end);
    from = end;
  }
  return new Uint8Array();
}

/** Copies of the records that have a rejected line in them. */
function* takeRecords(body: Bytes, rejected: readonly RejectedAt[], format: Format): Generator<Bytes> {
  const wanted = rejected.map(({ line }) => line).sort((a, b) => a - b);
  let next = 0;
  let from = 0;
  for (const { end, lines } of withRest(body, format)) {
    const isIn = (line: number | undefined): boolean => line !== undefined && line <= lines;
    if (isIn(wanted[next])) yield body.slice(from, end);
    while (isIn(wanted[next])) next += 1;
    if (next >= wanted.length) return;
    from = end;
  }
}

/** All records, one at the end included that no newline ends. */
function* withRest(body: Bytes, format: Format) {
  let last = { end: 0, lines: 0 };
  for (const one of findRecords(body, 0, format)) {
    yield one;
    last = one;
  }
  if (last.end < body.length) yield { end: body.length, lines: Number.POSITIVE_INFINITY };
}
