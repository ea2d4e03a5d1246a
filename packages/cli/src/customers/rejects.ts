// The lines of a customers file that were passed over, as they stood, to be mended and enqueued again.

import { once } from "node:events";
import { createWriteStream, existsSync, type WriteStream } from "node:fs";
import type { BadLine } from "@postrider/producer/customers/customer-line";
import { CustomersFileError } from "@postrider/producer/customers/customers-file-error";

export interface Rejects {
  write(bad: BadLine): Promise<void>;
  /** The file's path; null when nothing was written. */
  close(): Promise<string | null>;
}

/** Where nothing is to be written, as in a dry run. */
export const NO_REJECTS: Rejects = { write: async () => undefined, close: async () => null };

/**
 * Creates the file at the first rejected line; never over one that exists. A CSV's begins with its header
 * row.
 * @throws CustomersFileError when there is such a file already: here, before anything was enqueued.
 */
export function createRejects(path: string, header: () => Buffer | null): Rejects {
  if (existsSync(path)) throw toExists(path);
  let file: WriteStream | undefined;
  const open = async (): Promise<WriteStream> => {
    const stream = createWriteStream(path, { flags: "wx" });
    try {
      await once(stream, "open");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw toExists(path, error);
      throw new CustomersFileError("file_unreadable", `${path} cannot be written`, error);
    }
    const first = header();
    if (first !== null) stream.write(toFileLine(first));
    return stream;
  };
  return {
    async write({ bytes }) {
      file ??= await open();
      if (!file.write(toFileLine(bytes))) await once(file, "drain");
    },
    async close() {
      if (file === undefined) return null;
      file.end();
      await once(file, "close");
      return path;
    },
  };
}

const NEWLINE = Buffer.from("\n");

function toFileLine(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, NEWLINE]);
}

function toExists(path: string, cause?: unknown): CustomersFileError {
  return new CustomersFileError(
    "file_unreadable",
    `${path} exists already; mend and enqueue it first, or name another file with --skip-invalid FILE`,
    cause,
  );
}
