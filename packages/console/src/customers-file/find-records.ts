// Where the records of a customers file end, so that it can be sent in pieces: an NDJSON record is a line, a
// CSV record may be several. The same rules by which the API reads them, faults included. Pure.

/** Never shared with a worker, as what is sent must not be. */
export type Bytes = Uint8Array<ArrayBuffer>;

export type Format = "ndjson" | "csv";

/** As the API has it: a record that grows beyond it is cut behind the line of the quote that is open. */
export const RECORD_BYTES_MAX = 1_048_576;

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const QUOTE = 0x22;

export interface RecordEnd {
  /** The place behind its newline. */
  readonly end: number;
  /** Newlines from where the search began to there. */
  readonly lines: number;
}

/** The ends of all whole records. @param from where a record begins. */
export function findRecords(bytes: Bytes, from: number, format: Format): Generator<RecordEnd> {
  return format === "csv" ? findCsv(bytes, from) : findLines(bytes, from);
}

function* findLines(bytes: Bytes, from: number): Generator<RecordEnd> {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    lines += 1;
    yield { end: at + 1, lines };
  }
}

/** Where a CSV reader is within a record. A fault is passed over up to the end of its line. */
type State = "cell begins" | "plain" | "in quotes" | "quote in quotes" | "fault";

/** What comes behind a quote, a comma and anything else. */
const STEPS: Readonly<Record<State, readonly [quote: State, comma: State, other: State]>> = {
  "cell begins": ["in quotes", "cell begins", "plain"],
  plain: ["fault", "cell begins", "plain"],
  "in quotes": ["quote in quotes", "in quotes", "in quotes"],
  "quote in quotes": ["in quotes", "cell begins", "quote in quotes"],
  fault: ["fault", "fault", "fault"],
};

function step(state: State, byte: number): State {
  const [quote, comma, other] = STEPS[state];
  if (byte === QUOTE) return quote;
  return byte === COMMA ? comma : other;
}

function* findCsv(bytes: Bytes, from: number): Generator<RecordEnd> {
  let state: State = "cell begins";
  let begin: RecordEnd = { end: from, lines: 0 };
  let lines = 0;
  /** Behind the first line of the cell in quotes that is open. */
  let behindQuote: RecordEnd | null = null;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte !== NEWLINE) {
      if (state === "cell begins") behindQuote = null;
      state = step(state, byte);
      continue;
    }
    lines += 1;
    let here: RecordEnd = { end: at + 1, lines };
    if (state === "in quotes") {
      behindQuote ??= here;
      if (at - begin.end < RECORD_BYTES_MAX) continue;
      // Nothing closes the quote: what follows its line is read anew.
      here = behindQuote;
    }
    yield here;
    begin = here;
    at = here.end - 1;
    lines = here.lines;
    state = "cell begins";
  }
}
