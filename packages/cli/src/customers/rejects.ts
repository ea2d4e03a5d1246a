// The lines of a customers file that were passed over, as they stood, to be mended and enqueued again.

import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { CustomersFileError } from "./customers-file-error.ts";
import type { BadLine } from "./open-customers.ts";

export interface Rejects {
  write(bad: BadLine): Promise<void>;
  /** The file's path; null when nothing was written. */
  close(): Promise<string | null>;
}

/** Creates the file at the first rejected line; never over one that exists. A CSV's begins with its header row. */
export function createRejects(path: string, header: () => string | null): Rejects {
  let file: WriteStream | undefined;
  const open = async (): Promise<WriteStream> => {
    const stream = createWriteStream(path, { flags: "wx" });
    try {
      await once(stream, "open");
    } catch (error) {
      const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
      throw new CustomersFileError(
        "file_unreadable",
        exists
          ? `${path} exists already; name another file with --skip-invalid FILE`
          : `${path} cannot be written`,
        error,
      );
    }
    const first = header();
    if (first !== null) stream.write(`${first}\n`);
    return stream;
  };
  return {
    async write({ text }) {
      file ??= await open();
      if (!file.write(`${text}\n`)) await once(file, "drain");
    },
    async close() {
      if (file === undefined) return null;
      file.end();
      await once(file, "close");
      return path;
    },
  };
}
