// The pieces of a customers file, read by the API's own reader one by one, are the file as it reads it whole.

import { readCustomers } from "@postrider/producer/customers/read-customers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cutPieces, PIECE_BYTES, type Piece } from "../../packages/console/src/customers-file/cut-pieces.ts";
import {
  type Bytes,
  type Format,
  RECORD_BYTES_MAX,
} from "../../packages/console/src/customers-file/find-records.ts";
import { createRejectedFile } from "../../packages/console/src/customers-file/rejected-file.ts";

async function* inChunks(text: string, size: number): AsyncGenerator<Bytes> {
  const bytes = new TextEncoder().encode(text);
  for (let from = 0; from < bytes.length; from += size) yield bytes.slice(from, from + size);
}

/** Of Node, in which tests run; the console itself knows none. */
const { Buffer } = globalThis as unknown as { readonly Buffer: { from(bytes: Bytes): never } };

async function* once(bytes: Bytes): AsyncGenerator<never> {
  yield Buffer.from(bytes);
}

/** Who is in it, and where something is wrong, by the numbers of the file's lines. */
async function read(bytes: Bytes, format: Format, after: number, offset: number): Promise<string[]> {
  const found: string[] = [];
  for await (const line of readCustomers(once(bytes), { format, after }))
    found.push("problem" in line ? `bad ${line.line + offset}` : `${line.customer.id} ${line.line + offset}`);
  return found;
}

async function cut(text: string, format: Format, { chunk = 7, piece = 40 } = {}): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const one of cutPieces(inChunks(text, chunk), format, piece)) pieces.push(one);
  return pieces;
}

async function expectWhole(text: string, format: Format, sizes = {}): Promise<void> {
  const pieces = await cut(text, format, sizes);
  const parts: string[] = [];
  for (const { body, headLines, before } of pieces)
    parts.push(...(await read(body, format, headLines, before - headLines)));
  expect(parts).toEqual(await read(new TextEncoder().encode(text), format, 0, 0));
  expect(pieces.map(({ isLast }) => isLast)).toEqual(pieces.map((_, at) => at === pieces.length - 1));
}

const CELLS = ["a", "", '"b, c"', '"d\ne"', '"say ""hi"""', 'a"b', '"open', '"x"y', "\r", "ü"];
const csvRow = fc.array(fc.constantFrom(...CELLS), { minLength: 1, maxLength: 3 });

test("CSV in pieces is the CSV, whatever is wrong with its rows", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(csvRow, { maxLength: 25 }),
      fc.integer({ min: 1, max: 60 }),
      async (rows, chunk) => {
        const text = ["\ufeffid,name", ...rows.map((row, at) => [`c${at}`, ...row].join(","))].join("\n");
        // A quote that nothing closes reaches up to the end of what is read, which pieces have earlier.
        fc.pre(isClosed(text));
        await expectWhole(text, "csv", { chunk });
      },
    ),
  );
});

/** Whether the reader of the whole file comes to its end with no quote open. */
function isClosed(text: string): boolean {
  return !text.includes('"open');
}

test("NDJSON in pieces is the NDJSON, blank and bad lines included", async () => {
  const line = fc.constantFrom('{"id":1}', '{"id":"two","n":"ü"}', "", "  ", "{", "[]", "\r");
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 30 }),
      fc.integer({ min: 1, max: 50 }),
      async (lines, chunk) => {
        await expectWhole(`{"id":"first"}\n${lines.join("\n")}`, "ndjson", { chunk });
      },
    ),
  );
});

test("a quote that nothing closes costs its own line, and no piece grows without end", async () => {
  const rows = Array.from({ length: 3_000 }, (_, at) => `c${at},${"x".repeat(500)}`);
  rows[3] = 'c3,"open';
  const text = ["id,name", ...rows].join("\n");

  const pieces = await cut(text, "csv", { chunk: 65_536, piece: 100_000 });

  const parts: string[] = [];
  for (const { body, headLines, before } of pieces)
    parts.push(...(await read(body, "csv", headLines, before - headLines)));
  expect(parts.slice(0, 6)).toEqual(["c0 2", "c1 3", "c2 4", "bad 5", "c4 6", "c5 7"]);
  expect(parts).toHaveLength(rows.length);
});

test("a line that is too long for any delivery is not gathered, and is told of by its number", async () => {
  const text = `{"id":1}\n{"id":"${"x".repeat(3 * RECORD_BYTES_MAX)}"}\n{"id":3}\n`;

  // Chunks smaller than a line, and larger than the whole file.
  for (const chunk of [300_000, 10_000_000]) await expectShort(text, chunk);
});

async function expectShort(text: string, chunk: number): Promise<void> {
  const pieces = await cut(text, "ndjson", { chunk, piece: 100_000 });
  expect(Math.max(...pieces.map(({ body }) => body.length))).toBeLessThan(RECORD_BYTES_MAX + 600_000);
  const parts: string[] = [];
  for (const { body, headLines, before } of pieces)
    parts.push(...(await read(body, "ndjson", headLines, before - headLines)));
  expect(parts).toEqual(["1 1", "bad 2", "3 3"]);
}

test("a large file in large chunks is cut as one in small chunks", async () => {
  const lines = Array.from(
    { length: 60_000 },
    (_, at) => `{"id":"customer-${at}","name":"${"n".repeat(at % 70)}"}\n`,
  );
  const text = lines.join("");
  const large = await cut(text, "ndjson", { chunk: text.length, piece: PIECE_BYTES });
  const small = await cut(text, "ndjson", { chunk: 65_536, piece: PIECE_BYTES });
  expect(large.map(({ before, upTo }) => [before, upTo])).toEqual(
    small.map(({ before, upTo }) => [before, upTo]),
  );
  expect(large.at(-1)?.upTo).toBe(60_000);
});

test("rejected lines are kept as they stand, with the header of a CSV, and by their numbers in the file", async () => {
  const text = 'id,name\nc1,a\nc2,"b\nb",x\nc3,a\nc4,a,b\nc5,a\nc6';
  const pieces = await cut(text, "csv", { chunk: 5, piece: 12 });
  const rejected = createRejectedFile("csv");
  for (const piece of pieces) {
    const found = [];
    const { body, headLines } = piece;
    for await (const line of readCustomers(once(body), { format: "csv", after: headLines }))
      if ("problem" in line) found.push({ line: line.line, column: 1, message: line.problem });
    rejected.add(piece, found);
  }

  expect(await rejected.toBlob().text()).toBe('id,name\nc2,"b\nb",x\nc4,a,b\nc6\n');
  expect(rejected.shown().map(({ line }) => line)).toEqual([3, 6, 8]);
});
