// NDJSON: one JSON object per line. Every line is a customer, blank, or a bad line; none takes others with
// it.

import { findJsonProblem } from "@postrider/compose/json-check";
import { parseCustomer } from "@postrider/shared/delivery";
import { hasCode } from "@postrider/shared/errors";
import { parseExact } from "@postrider/shared/exact-json";
import type { CustomerLine } from "./customer-line.ts";
import { CustomersFileError } from "./customers-file-error.ts";
import { cutLines, type Line, type LineProblem, readText } from "./lines.ts";

/**
 * The lines of a stream of bytes; blank ones are passed over.
 * @param after the line behind which to begin.
 * @throws CustomersFileError `file_format` for one JSON array over many lines, of which no line is what it
 * seems.
 */
export async function* readNdjson(chunks: AsyncIterable<Buffer>, after = 0): AsyncGenerator<CustomerLine> {
  let isFirst = after === 0;
  for await (const line of cutLines(chunks, after)) {
    const read = readLine(line, isFirst);
    if (read === null) continue;
    yield read;
    isFirst = false;
  }
}

const ARRAY = "this is a JSON array; give one customer per line (NDJSON), as `jq -c '.[]'` makes of it";
const SPREAD = "; a customer may not be spread over several lines: `jq -c .` writes one per line (NDJSON)";

function readLine(line: Line, isFirst: boolean): CustomerLine | null {
  const { number, bytes } = line;
  const text = readText(line);
  if (typeof text !== "string") return { line: number, end: number, ...text, bytes };
  if (text.trim() === "") return null;
  const parsed = parseJson(text, number, isFirst);
  if ("problem" in parsed) return { line: number, end: number, ...parsed, bytes };
  try {
    return { line: number, end: number, customer: parseCustomer(parsed.value) };
  } catch (error) {
    if (!hasCode(error, "customer_invalid")) throw error;
    const column = Math.max(text.indexOf('"id"'), text.search(/\S/), 0) + 1;
    return { line: number, end: number, column, problem: (error as Error).message, bytes };
  }
}

function parseJson(text: string, line: number, isFirst: boolean): { value: unknown } | LineProblem {
  const isArray = text.trimStart().startsWith("[");
  const problem = findJsonProblem(text);
  if (problem === null) return isArray ? { column: 1, problem: ARRAY } : readValue(text);
  const isCutShort = problem.column > text.trimEnd().length;
  if (isFirst && isArray && isCutShort)
    throw new CustomersFileError("file_format", `line ${line}, column 1: ${ARRAY}`);
  return { column: problem.column, problem: problem.message + (isFirst && isCutShort ? SPREAD : "") };
}

/** What is JSON may still hold a number that nothing here can. */
function readValue(text: string): { value: unknown } | LineProblem {
  try {
    return { value: parseExact(text) };
  } catch (error) {
    return { column: 1, problem: (error as SyntaxError).message };
  }
}
