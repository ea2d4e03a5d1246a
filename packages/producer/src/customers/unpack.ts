// How a stream of customers begins: gzip or not, with a byte order mark or not.

import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * RFC 1952: gzip begins with 1f 8b, whatever the file is called.
 * @throws in the iteration zlib's errors, whose codes begin with `Z_`.
 */
export async function* unpack(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const peeked = await peek(chunks, 2);
  if (peeked.bytes[0] !== 0x1f || peeked.bytes[1] !== 0x8b) return yield* peeked.chunks;
  const gunzip = createGunzip();
  // Its errors come out of the iteration.
  pipeline(Readable.from(peeked.chunks), gunzip, () => undefined);
  yield* gunzip as AsyncIterable<Buffer>;
}

export interface Peeked {
  /** All chunks, the first ones included, without a byte order mark. */
  readonly chunks: AsyncIterable<Buffer>;
  readonly bytes: Buffer;
  readonly first: string;
}

/** Reads until `bytesMin` bytes, or a line with something in it, or the end is there. */
export async function peek(chunks: AsyncIterable<Buffer>, bytesMin = 64): Promise<Peeked> {
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
