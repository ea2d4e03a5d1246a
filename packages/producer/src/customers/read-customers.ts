// Customers from a stream of bytes: NDJSON or CSV, gzip or not; one at a time, each a customer or what is
// wrong with its line. Memory stays flat however long the stream, or one line of it, is.

import { readCsv } from "./csv.ts";
import type { CustomerLine } from "./customer-line.ts";
import { CustomersFileError } from "./customers-file-error.ts";
import { readNdjson } from "./ndjson.ts";
import { peek, unpack } from "./unpack.ts";

export type Format = "ndjson" | "csv";

export interface ReadOptions {
  /** Absent or null: what the beginning looks like. */
  readonly format?: Format | null;
  /** The line behind which to begin, such as one up to which all is enqueued: those are not even parsed. */
  readonly after?: number;
  /** Is told a CSV's header row as it stands. */
  readonly onHeader?: (bytes: Buffer) => void;
}

/**
 * The lines, blank ones passed over.
 * @throws CustomersFileError `file_format`, `file_damaged`, and what the stream itself throws.
 */
export async function* readCustomers(
  bytes: AsyncIterable<Buffer>,
  { format, after = 0, onHeader = () => undefined }: ReadOptions = {},
): AsyncGenerator<CustomerLine> {
  try {
    const { chunks, first } = await peek(unpack(bytes));
    const chosen = format ?? (/^\s*[{[]/.test(first) ? "ndjson" : "csv");
    yield* chosen === "csv" ? readCsv(chunks, onHeader, after) : readNdjson(chunks, after);
  } catch (error) {
    throw isGzipError(error) ? toDamaged(error) : error;
  }
}

function isGzipError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

function toDamaged(cause: unknown): CustomersFileError {
  const message = "the gzip data are damaged or cut short; what came before was read";
  return new CustomersFileError("file_damaged", message, cause);
}
