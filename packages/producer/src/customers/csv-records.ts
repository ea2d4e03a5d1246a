// Cuts CSV lines into records (RFC 4180), and goes on after a fault. A cell in quotes may hold commas, quotes
// ("" for each) and newlines.
//
// What is rejected, and where reading goes on:
// - a fault in a record rejects it, from its first line to that of the fault; the next line begins a new one;
// - a quote that nothing closes, before the file or the room for a record ends, rejects its record up to the
//   line of the quote, and the next line begins a new one: what follows was no part of an endless cell.

import { LINE_BYTES_MAX, type Line, type LineProblem, readText } from "./lines.ts";

export interface CsvRecord {
  /** The number of its first line. */
  readonly line: number;
  readonly cells: readonly string[];
  readonly lines: readonly Line[];
}

export interface BadCsvRecord extends LineProblem {
  /** Where the fault is. */
  readonly line: number;
  readonly lines: readonly Line[];
}

export type CutRecord = CsvRecord | BadCsvRecord;

export interface RecordCutter {
  /** The records that end with this line; mostly one. Blank lines between records are passed over. */
  feed(line: Line): CutRecord[];
  /** The records that the end of the file ends. */
  end(): CutRecord[];
}

interface Quote {
  readonly line: number;
  readonly column: number;
}

/** A record whose last cell's quote is open. */
interface Open {
  readonly cells: string[];
  cell: string;
  quote: Quote | null;
  readonly lines: Line[];
  bytes: number;
}

export function createRecordCutter(): RecordCutter {
  let open: Open | null = null;

  const giveUp = ({ quote, lines }: Open): CutRecord[] => {
    open = null;
    const { line, column } = quote ?? { line: 0, column: 0 };
    const isRejected = ({ number }: Line): boolean => number <= line;
    const bad = {
      line,
      column,
      problem: "nothing closes the quote that opens here; a quote inside a cell is written twice",
      lines: lines.filter(isRejected),
    };
    return [bad, ...lines.filter((one) => !isRejected(one)).flatMap((one) => cutter.feed(one))];
  };
  const finish = (line: Line, { cells, lines }: Open, problem: LineProblem | null): CutRecord => {
    open = null;
    if (problem !== null) return { line: line.number, ...problem, lines };
    return { line: lines[0]?.number ?? line.number, cells, lines };
  };
  const cutter: RecordCutter = {
    feed(line) {
      const text = readText(line);
      if (open === null && (text === "" || text === "\r")) return [];
      const record = open ?? { cells: [], cell: "", quote: null, lines: [], bytes: 0 };
      record.lines.push(line);
      record.bytes += line.bytes.length;
      const problem = typeof text === "string" ? scan(record, text, line.number) : text;
      if (problem !== "open") return [finish(line, record, problem)];
      open = record;
      return record.bytes > LINE_BYTES_MAX ? giveUp(record) : [];
    },
    end() {
      const cut: CutRecord[] = [];
      while (open !== null) cut.push(...giveUp(open));
      return cut;
    },
  };
  return cutter;
}

/**
 * Reads one line into a record. @returns null where the record ends with it, `open` where its last quote is
 * still open.
 */
function scan(record: Open, line: string, number: number): LineProblem | "open" | null {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  let at = 0;
  for (;;) {
    const isQuoted = record.quote !== null || text[at] === '"';
    const end = isQuoted ? readQuoted(record, text, at, number) : readPlain(record, text, at);
    if (end === "open") record.cell += `${line.slice(text.length)}\n`;
    if (typeof end !== "number") return end;
    if (end === text.length) return null;
    at = end + 1;
  }
}

/** @returns the place after the cell. */
function readPlain(record: Open, text: string, from: number): number | LineProblem {
  const comma = text.indexOf(",", from);
  const end = comma < 0 ? text.length : comma;
  const cell = text.slice(from, end);
  const quote = cell.indexOf('"');
  if (quote >= 0) return toStray(from + quote);
  record.cells.push(cell);
  return end;
}

/** Begins a cell in quotes, or goes on with it. @returns the place after the cell. */
function readQuoted(record: Open, text: string, from: number, number: number): number | "open" | LineProblem {
  const isBeginning = record.quote === null;
  const quote = record.quote ?? { line: number, column: from + 1 };
  record.quote = quote;
  const end = readToClose(record, text, isBeginning ? from + 1 : from);
  if (end === null) return "open";
  if (end < text.length && text[end] !== ",") return toTrailing(end, quote);
  record.cells.push(record.cell);
  record.cell = "";
  record.quote = null;
  return end;
}

/** Reads on inside quotes. @returns the place after the closing quote, or null where the line has none. */
function readToClose(record: Open, text: string, from: number): number | null {
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    record.cell += text.slice(at, quote < 0 ? text.length : quote);
    if (quote < 0) return null;
    if (text[quote + 1] !== '"') return quote + 1;
    record.cell += '"';
    at = quote + 2;
  }
}

function toStray(at: number): LineProblem {
  return {
    column: at + 1,
    problem: 'a quote in the middle of a cell; put the whole cell in quotes and write the quote twice ("")',
  };
}

function toTrailing(at: number, { line, column }: Quote): LineProblem {
  return {
    column: at + 1,
    problem: `text after the closing quote of the cell that begins at line ${line}, column ${column}; a quote inside a cell is written twice ("")`,
  };
}
