// NDJSON: one JSON object per line. Lines are cut from bytes, so that a bad one is told without touching the next.

import { findJsonProblem } from "@postrider/compose/json-check";
import { DELIVERY_BYTES_MAX, parseCustomer } from "@postrider/shared/delivery";
import { hasCode } from "@postrider/shared/errors";
import { parseExact } from "@postrider/shared/exact-json";
import type { CustomerLine } from "./open-customers.ts";

/** A line that no delivery could carry anyway (see DELIVERY_BYTES_MAX) is not even kept; escapes may double its size. */
const LINE_BYTES_MAX = 2 * DELIVERY_BYTES_MAX;
const TEXT_KEPT_CHARS = 200;
const NEWLINE = 0x0a;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The lines of a stream of bytes; blank ones are passed over. */
export async function* readNdjson(chunks: AsyncIterable<Buffer>): AsyncGenerator<CustomerLine> {
  let line = 0;
  for await (const { bytes, isTooLong } of cutLines(chunks)) {
    line += 1;
    if (isTooLong) {
      yield {
        line,
        column: LINE_BYTES_MAX + 1,
        problem: `the line is longer than ${LINE_BYTES_MAX} bytes; a delivery carries at most ${DELIVERY_BYTES_MAX}`,
        text: keep(bytes.toString("latin1")),
      };
      continue;
    }
    const read = readLine(bytes, line);
    if (read === null) continue;
    yield read;
    if ("problem" in read && read.problem === ARRAY) return;
  }
}

const ARRAY = "this is a JSON array; give one customer per line (NDJSON), as `jq -c '.[]'` makes of it";

function readLine(bytes: Buffer, line: number): CustomerLine | null {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    const shown = bytes.toString("utf8");
    return {
      line,
      column: shown.indexOf("\ufffd") + 1,
      problem: "is not UTF-8; save the file as UTF-8",
      text: keep(shown),
    };
  }
  if (text.trim() === "") return null;
  const parsed = parseJson(text, line);
  if ("problem" in parsed) return { line, text: keep(text), ...parsed };
  try {
    return { line, customer: parseCustomer(parsed.value), text };
  } catch (error) {
    if (!hasCode(error, "customer_invalid")) throw error;
    const column = Math.max(text.indexOf('"id"'), text.search(/\S/), 0) + 1;
    return { line, column, problem: (error as Error).message, text: keep(text) };
  }
}

function parseJson(text: string, line: number): { value: unknown } | { column: number; problem: string } {
  const isArray = text.trimStart().startsWith("[");
  const problem = findJsonProblem(text);
  if (isArray && (problem === null || line === 1)) return { column: 1, problem: ARRAY };
  return problem === null
    ? { value: parseExact(text) }
    : { column: problem.column, problem: problem.message };
}

function keep(text: string): string {
  return text.length > LINE_BYTES_MAX ? text.slice(0, TEXT_KEPT_CHARS) : text.replace(/\r$/, "");
}

interface Cut {
  readonly bytes: Buffer;
  readonly isTooLong: boolean;
}

async function* cutLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Cut> {
  let parts: Buffer[] = [];
  let length = 0;
  let isTooLong = false;
  const add = (bytes: Buffer): void => {
    length += bytes.length;
    if (isTooLong) return;
    if (length > LINE_BYTES_MAX) {
      isTooLong = true;
      parts = [Buffer.concat([...parts, bytes]).subarray(0, TEXT_KEPT_CHARS)];
    } else {
      parts.push(bytes);
    }
  };
  const take = (): Cut => {
    const [only] = parts;
    const cut = { bytes: parts.length === 1 && only !== undefined ? only : Buffer.concat(parts), isTooLong };
    parts = [];
    length = 0;
    isTooLong = false;
    return cut;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, at));
      yield take();
      from = at + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}
