// Opens a customers file, or standard input; its name or its content tells whether it is NDJSON or CSV, and
// what is wrong with it is told with its name.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { CustomerLine } from "@postrider/producer/customers/customer-line";
import { CustomersFileError } from "@postrider/producer/customers/customers-file-error";
import { type Format, readCustomers } from "@postrider/producer/customers/read-customers";

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
      const onHeader = (bytes: Buffer): void => {
        header = bytes;
      };
      yield* readCustomers(counted(), { format: format ?? formatOf(path), onHeader });
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
  if (error instanceof CustomersFileError && error.code !== "file_unreadable")
    return new CustomersFileError(error.code, `${name}: ${error.message}`, error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT")
    return new CustomersFileError("file_unreadable", `${name}: there is no such file`, error);
  if (code === "EACCES" || code === "EPERM")
    return new CustomersFileError("file_unreadable", `${name}: you may not read it`, error);
  return error;
}

function formatOf(path: string): Format | null {
  const name = path.toLowerCase().replace(/\.gz$/, "");
  if (/\.(ndjson|jsonl|json)$/.test(name)) return "ndjson";
  return name.endsWith(".csv") ? "csv" : null;
}
