// CSV: a header row names the attributes, dotted names make objects, an empty cell is an absent attribute.
// Values stay text, exactly as written: a file does not say what is a number and what a telephone number.

import { parseCustomer } from "@postrider/shared/delivery";
import { hasCode } from "@postrider/shared/errors";
import { type CsvRecord, type CutRecord, createRecordCutter } from "./csv-records.ts";
import type { BadLine, CustomerLine } from "./customer-line.ts";
import { CustomersFileError } from "./customers-file-error.ts";
import { cutLines, type Line, type LineProblem } from "./lines.ts";

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/**
 * The records of a stream of bytes.
 * @param after the line behind which to begin, beside the header; a record's last one.
 * @throws CustomersFileError `file_format` for a header without which no line can be read.
 */
export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  onHeader: (bytes: Buffer) => void,
  after = 0,
): AsyncGenerator<CustomerLine> {
  let names: readonly string[] | undefined;
  let paths: readonly string[][] = [];
  for await (const record of cutRecords(chunks, after)) {
    if (names === undefined) {
      names = readHeader(record);
      paths = names.map((name) => name.split("."));
      onHeader(toBytes(record.lines));
    } else if ("problem" in record) {
      const { line, column, problem, lines } = record;
      yield { line, end: endOf(record), column, problem, bytes: toBytes(lines) };
    } else {
      yield toLine(record, paths, names.length);
    }
  }
}

async function* cutRecords(chunks: AsyncIterable<Buffer>, after: number): AsyncGenerator<CutRecord> {
  const cutter = createRecordCutter();
  let hasHeader = false;
  for await (const line of cutLines(chunks)) {
    if (hasHeader && line.number <= after) continue;
    for (const record of cutter.feed(line)) {
      hasHeader = true;
      yield record;
    }
  }
  yield* cutter.end();
}

function endOf({ line, lines }: CutRecord): number {
  return lines.at(-1)?.number ?? line;
}

function toBytes(lines: readonly Line[]): Buffer {
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) return only.bytes;
  return Buffer.concat(lines.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [NEWLINE, bytes])));
}

const NEWLINE = Buffer.from("\n");

/** @throws CustomersFileError. */
function readHeader(record: CutRecord): readonly string[] {
  const problem = "problem" in record ? record : findHeaderProblem(record.cells);
  if (problem === null && !("problem" in record)) return record.cells;
  const { column, problem: what } = problem ?? { column: 1, problem: "" };
  throw new CustomersFileError("file_format", `line ${record.line}, column ${column}: ${what}`);
}

function findHeaderProblem(names: readonly string[]): LineProblem | null {
  if (names.some((name) => name.includes("\r")))
    return { column: 1, problem: "the header's line goes on after a CR: save the file with LF or CRLF" };
  if (!names.includes("id"))
    return { column: 1, problem: `the header has no column id${guessWhy(names.join(","))}` };
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    const column = names.slice(0, index).join(",").length + (index === 0 ? 1 : 2);
    if (name === "" || name.split(".").includes(""))
      return { column, problem: `column ${index + 1} of the header has no name` };
    if (name.split(".").some((part) => FORBIDDEN.has(part)))
      return { column, problem: `the header's column ${name} has a name that is not allowed` };
    if (seen.has(name)) return { column, problem: `the header has two columns ${name}` };
    seen.add(name);
  }
  return null;
}

function guessWhy(header: string): string {
  const [separator] = /[;\t|]/.exec(header) ?? [];
  if (separator === undefined) return "";
  const name = separator === "\t" ? "tabs" : `"${separator}"`;
  return `; its columns seem to be separated by ${name}: save the file with commas`;
}

function toLine(record: CsvRecord, paths: readonly string[][], width: number): CustomerLine {
  const { line, cells, lines } = record;
  const end = endOf(record);
  const toBad = (problem: string): BadLine => ({ line, end, column: 1, problem, bytes: toBytes(lines) });
  if (cells.length !== width) return toBad(`has ${cells.length} cells; the header has ${width}`);
  const customer: Record<string, unknown> = {};
  for (const [index, path] of paths.entries()) {
    const value = cells[index] ?? "";
    if (value !== "" && !put(customer, path, value))
      return toBad(`the columns ${path[0]} and ${path.join(".")} cannot both have a value`);
  }
  try {
    return { line, end, customer: parseCustomer(customer) };
  } catch (error) {
    if (!hasCode(error, "customer_invalid")) throw error;
    return toBad(customer["id"] === undefined ? "the cell id is empty" : (error as Error).message);
  }
}

/** False when a value stands where an object would have to. */
function put(target: Record<string, unknown>, path: readonly string[], value: string): boolean {
  let place = target;
  for (const part of path.slice(0, -1)) {
    if (!Object.hasOwn(place, part)) place[part] = {};
    const next = place[part];
    if (typeof next !== "object" || next === null) return false;
    place = next as Record<string, unknown>;
  }
  const last = path.at(-1) ?? "";
  if (Object.hasOwn(place, last)) return false;
  place[last] = value;
  return true;
}
