// Opens a customers file: NDJSON or CSV, gzip or not, a file or standard input; and gives its lines, one at a
// time, each a customer or what is wrong with it. Memory stays flat however long the file, or one line of it,
// is.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { readCsv } from "./csv.ts";
import type { CustomerLine } from "./customer-line.ts";
import { CustomersFileError } from "./customers-file-error.ts";
import { readNdjson } from "./ndjson.ts";

export type Format = "ndjson" | "csv";

export interface CustomersFile {
  readonly lines: AsyncIterable<CustomerLine>;
  /** A CSV's header row as it stands, once it was read; null for NDJSON. */
  header(): Buffer | null;
  /** Bytes of the file itself, packed or not, read so far. */
  bytesRead(): number;
  /** Null for standard input. */
  readonly bytesTotal: number | null;
  /** Reads no further: who waits for the next line waits no longer. */
  close(): void;
}

export interface Source {
  /** `-` is standard input. */
  readonly path: string;
  readonly stdin: Readable;
}

const READ_BYTES = 262_144;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** @throws CustomersFileError when the file cannot be read, here or while its lines are. */
export async function openCustomers(
  { path, stdin }: Source,
  { format }: { format?: Format } = {},
): Promise<CustomersFile> {
  const bytesTotal = path === "-" ? null : await sizeOf(path);
  const raw: Readable = path === "-" ? stdin : createReadStream(path, { highWaterMark: READ_BYTES });
  let bytesRead = 0;
  let header: Buffer | null = null;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of raw as AsyncIterable<Buffer>) {
      bytesRead += chunk.length;
      yield chunk;
    }
  }
  async function* lines(): AsyncGenerator<CustomerLine> {
    try {
      const { chunks, first } = await peek(unpack(counted()));
      const chosen = format ?? formatOf(path) ?? (/^\s*[{[]/.test(first) ? "ndjson" : "csv");
      yield* chosen === "csv" ? readCsv(chunks, (bytes) => (header = bytes)) : readNdjson(chunks);
    } catch (error) {
      throw toFileError(error, path);
    }
  }
  return {
    lines: lines(),
    header: () => header,
    bytesRead: () => bytesRead,
    bytesTotal,
    close: () => void raw.destroy(),
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isDirectory())
      throw new CustomersFileError("file_unreadable", `${path} is a directory, not a customers file`);
    return found.size;
  } catch (error) {
    throw toFileError(error, path);
  }
}

function toFileError(error: unknown, path: string): unknown {
  const name = path === "-" ? "standard input" : path;
  if (error instanceof CustomersFileError && error.code === "file_format")
    return new CustomersFileError(error.code, `${name}: ${error.message}`, error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT")
    return new CustomersFileError("file_unreadable", `${name}: there is no such file`, error);
  if (code === "EACCES" || code === "EPERM")
    return new CustomersFileError("file_unreadable", `${name}: you may not read it`, error);
  if (code.startsWith("Z_")) {
    return new CustomersFileError(
      "file_damaged",
      `${name}: the gzip data are damaged or cut short; what came before was read`,
      error,
    );
  }
  return error;
}

function formatOf(path: string): Format | null {
  const name = path.toLowerCase().replace(/\.gz$/, "");
  if (/\.(ndjson|jsonl|json)$/.test(name)) return "ndjson";
  return name.endsWith(".csv") ? "csv" : null;
}

/** RFC 1952: gzip begins with 1f 8b, whatever the file is called. */
async function* unpack(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const peeked = await peek(chunks, 2);
  if (peeked.bytes[0] !== 0x1f || peeked.bytes[1] !== 0x8b) return yield* peeked.chunks;
  const gunzip = createGunzip();
  // Its errors come out of the iteration.
  pipeline(Readable.from(peeked.chunks), gunzip, () => undefined);
  yield* gunzip as AsyncIterable<Buffer>;
}

interface Peeked {
  /** All chunks, the first ones included, without a byte order mark. */
  readonly chunks: AsyncIterable<Buffer>;
  readonly bytes: Buffer;
  readonly first: string;
}

async function peek(chunks: AsyncIterable<Buffer>, bytesMin = 64): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  let bytes: Buffer = Buffer.alloc(0);
  let isDone = false;
  // A line tells as much as it ever will, and the next one may be long in coming.
  while (!isDone && bytes.length < bytesMin && !hasLine(bytes)) {
    const next = await iterator.next();
    if (next.done === true) isDone = true;
    else bytes = Buffer.concat([bytes, next.value]);
  }
  const head = bytes.subarray(0, 3).equals(BOM) ? bytes.subarray(3) : bytes;
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
  return { chunks: all(), bytes, first: head.subarray(0, bytesMin).toString("latin1") };
}

function hasLine(bytes: Buffer): boolean {
  return /\S.*\n/.test(bytes.toString("latin1"));
}
