// A file of the reader's as bytes, unpacked where it is gzip, read as they are asked for, never as a whole.

import type { Bytes, Format } from "./find-records.ts";

export interface OpenFile {
  readonly format: Format;
  readonly chunks: AsyncIterable<Bytes>;
  /** Of the file as it lies on the disk, so far. */
  readonly bytesRead: () => number;
}

/** The file went, was changed meanwhile, or is damaged. */
export class FileProblem extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = "FileProblem";
  }
}

/** @param given null: what its name, or else its beginning, looks like. @throws FileProblem, also later. */
export async function openFile(file: File, given: Format | null): Promise<OpenFile> {
  let bytesRead = 0;
  const isPacked = await isGzip(file);
  const format = given ?? guessByName(file.name) ?? (await guessByBeginning(readAll(file, isPacked)));
  const chunks = readAll(file, isPacked, (bytes) => {
    bytesRead += bytes;
  });
  return { format, chunks, bytesRead: () => bytesRead };
}

function readAll(
  file: File,
  isPacked: boolean,
  count: (bytes: number) => void = () => undefined,
): AsyncGenerator<Bytes> {
  const slices = readSlices(file, count);
  if (!isPacked) return slices;
  return readChunks(toStream(slices).pipeThrough(new DecompressionStream("gzip") as GunzipStream));
}

/** As much as is read at once: streams of files come in pieces of megabytes, which make the page stutter. */
const SLICE_BYTES = 262_144;

async function* readSlices(file: File, count: (bytes: number) => void): AsyncGenerator<Bytes> {
  for (let from = 0; from < file.size; from += SLICE_BYTES) {
    const bytes = await readSlice(file, from, from + SLICE_BYTES);
    count(bytes.length);
    yield bytes;
  }
}

/** @throws FileProblem. */
async function readSlice(file: File, from: number, to: number): Promise<Bytes> {
  try {
    return new Uint8Array(await file.slice(from, to).arrayBuffer());
  } catch (error) {
    throw new FileProblem(
      "The file cannot be read any more: it was changed, moved or taken away. Choose it again.",
      error,
    );
  }
}

function toStream(slices: AsyncGenerator<Bytes>): ReadableStream<Bytes> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await slices.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await slices.return(undefined);
    },
  });
}

/** As the DOM's types have it, it takes what no stream gives. */
type GunzipStream = ReadableWritablePair<Bytes, Bytes>;

/** RFC 1952: it begins with 1f 8b, whatever the file is called. */
async function isGzip(file: File): Promise<boolean> {
  const [first, second] = await readSlice(file, 0, 2);
  return first === 0x1f && second === 0x8b;
}

function guessByName(name: string): Format | null {
  const [, ending = ""] = /\.(\w+)(?:\.gz)?$/i.exec(name) ?? [];
  if (/^csv$/i.test(ending)) return "csv";
  return /^(?:ndjson|jsonl|json)$/i.test(ending) ? "ndjson" : null;
}

async function guessByBeginning(chunks: AsyncGenerator<Bytes>): Promise<Format> {
  for await (const chunk of chunks)
    return /^\s*(?:\ufeff)?\s*[{[]/.test(new TextDecoder().decode(chunk.subarray(0, 200))) ? "ndjson" : "csv";
  return "ndjson";
}

async function* readChunks(stream: ReadableStream<Bytes>): AsyncGenerator<Bytes> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    // Bytes that are no gzip are a TypeError; what the file itself throws comes through as it is.
    if (!(error instanceof TypeError)) throw error;
    throw new FileProblem("The gzip data of the file are damaged or cut short.", error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
