// CSV: a header row names the attributes, dotted names make objects, an empty cell is an absent attribute. Values stay text,
// exactly as written: a file does not say what is a number and what a telephone number.

import { pipeline, Readable } from "node:stream";
import { DELIVERY_BYTES_MAX, parseCustomer } from "@postrider/shared/delivery";
import { hasCode } from "@postrider/shared/errors";
import { type CsvError, type InfoRecord, parse } from "csv-parse";
import type { BadLine, CustomerLine } from "./open-customers.ts";

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

interface Row {
  readonly record: string[];
  readonly raw: string;
  readonly info: InfoRecord;
}

/** The records of a stream of bytes. After a broken quote no further line can be trusted, so it ends there. */
export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  onHeader: (text: string) => void,
): AsyncGenerator<CustomerLine> {
  const broken: CsvError[] = [];
  const parser = parse({
    bom: true,
    info: true,
    raw: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: DELIVERY_BYTES_MAX,
    // An error would throw away the good records that are read and not yet taken.
    skip_records_with_error: true,
    on_skip: (error) => void (error !== undefined && broken.push(error)),
  });
  pipeline(Readable.from(chunks), parser, () => undefined);
  let header: string[][] | undefined;
  let names: string[] = [];
  let line = 1;
  for await (const { record, raw, info } of parser as AsyncIterable<Row>) {
    if (broken.some((error) => Number(error["lines"]) < info.lines)) break;
    const text = raw.replace(/\r?\n$/, "");
    if (header === undefined) {
      const problem = findHeaderProblem(record);
      if (problem !== null) return yield { line, text, ...problem };
      names = record;
      onHeader(text);
      header = record.map((name) => name.split("."));
    } else {
      yield toLine(record, header, names, line, text);
    }
    line = info.lines + 1;
  }
  const [error] = broken;
  if (error !== undefined)
    yield {
      line,
      column: Number(error["column"] ?? 0) + 1,
      problem: `${error.message}; nothing after it can be read`,
      text: "",
    };
}

function findHeaderProblem(names: readonly string[]): Pick<BadLine, "column" | "problem"> | null {
  if (!names.includes("id")) return { column: 1, problem: "the header has no column id" };
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

function toLine(
  record: readonly string[],
  header: readonly string[][],
  names: readonly string[],
  line: number,
  text: string,
): CustomerLine {
  if (record.length !== names.length) {
    return {
      line,
      column: text.length + 1,
      problem: `has ${record.length} cells; the header has ${names.length}`,
      text,
    };
  }
  const customer: Record<string, unknown> = {};
  for (const [index, path] of header.entries()) {
    const value = record[index] ?? "";
    if (value !== "" && !put(customer, path, value)) {
      return {
        line,
        column: 1,
        problem: `the columns ${path[0]} and ${path.join(".")} cannot both have a value`,
        text,
      };
    }
  }
  try {
    return { line, customer: parseCustomer(customer), text };
  } catch (error) {
    if (!hasCode(error, "customer_invalid")) throw error;
    return { line, column: 1, problem: "the cell id is empty", text };
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
