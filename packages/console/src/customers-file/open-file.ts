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
  const open = (count: (bytes: number) => void): ReadableStream<Bytes> => {
    const counting = new TransformStream<Bytes, Bytes>({
      transform(chunk, controller) {
        count(chunk.length);
        controller.enqueue(chunk);
      },
    });
    const raw = file.stream().pipeThrough(counting);
    return isPacked ? raw.pipeThrough(new DecompressionStream("gzip") as GunzipStream) : raw;
  };
  const format = given ?? guessByName(file.name) ?? (await guessByBeginning(open(() => undefined)));
  const chunks = readChunks(
    open((bytes) => {
      bytesRead += bytes;
    }),
    isPacked,
  );
  return { format, chunks, bytesRead: () => bytesRead };
}

/** As the DOM's types have it, it takes what no stream gives. */
type GunzipStream = ReadableWritablePair<Bytes, Bytes>;

/** RFC 1952: it begins with 1f 8b, whatever the file is called. */
async function isGzip(file: File): Promise<boolean> {
  try {
    const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    return first === 0x1f && second === 0x8b;
  } catch (error) {
    throw toProblem(error, false);
  }
}

function guessByName(name: string): Format | null {
  const [, ending = ""] = /\.(\w+)(?:\.gz)?$/i.exec(name) ?? [];
  if (/^csv$/i.test(ending)) return "csv";
  return /^(?:ndjson|jsonl|json)$/i.test(ending) ? "ndjson" : null;
}

async function guessByBeginning(stream: ReadableStream<Bytes>): Promise<Format> {
  for await (const chunk of readChunks(stream, true))
    return /^\s*(?:\ufeff)?\s*[{[]/.test(new TextDecoder().decode(chunk.subarray(0, 200))) ? "ndjson" : "csv";
  return "ndjson";
}

async function* readChunks(stream: ReadableStream<Bytes>, isPacked: boolean): AsyncGenerator<Bytes> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw toProblem(error, isPacked);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function toProblem(error: unknown, isPacked: boolean): FileProblem {
  const isDamaged = isPacked && error instanceof TypeError;
  return new FileProblem(
    isDamaged
      ? "The gzip data of the file are damaged or cut short."
      : "The file cannot be read any more: it was changed, moved or taken away. Choose it again.",
    error,
  );
}
