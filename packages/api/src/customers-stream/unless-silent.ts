// Bytes of a sender that may be slow, but not silent for ever. While nobody asks for bytes no time runs: a
// sender who has to wait is not late.

import { PostriderError } from "@postrider/shared/errors";

/**
 * The bytes as they come. The stream is not destroyed where the reading ends early: its other direction still
 * has an answer to carry.
 * @throws `stream_silent` when none came for so long.
 */
export async function* unlessSilent(bytes: AsyncIterable<Buffer>, silenceMs: number): AsyncGenerator<Buffer> {
  const iterator = bytes[Symbol.asyncIterator]();
  let isSilent = false;
  try {
    for (;;) {
      const next = await within(iterator.next(), silenceMs);
      isSilent = next === null;
      if (next === null) throw silent(silenceMs);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Behind a next that is under way it would wait for that.
    if (!isSilent) await iterator.return?.();
  }
}

function within<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function silent(ms: number): PostriderError {
  return new PostriderError(
    "stream_silent",
    `no bytes came for ${ms} ms (POSTRIDER_API_STREAM_SILENCE_MS); what came before is enqueued, the same run again goes on`,
  );
}
