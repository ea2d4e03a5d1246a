// The lines by which an answer that is a stream tells how far something is, and at last how it ended. Lines
// are made when they can be sent, so that a client who reads none until it has sent everything holds nothing
// up.

import { PostriderError } from "@postrider/shared/errors";
import { stringifyExact } from "@postrider/shared/exact-json";
import { createSleeper } from "@postrider/shared/sleeper";

export interface Told<Ending> {
  /** Never rejects. */
  readonly ended: Promise<Ending>;
  stop(why: Error): void;
}

export interface LinesOf<Ending> {
  readonly everyMs: number;
  /** How far it is. */
  readonly toLine: () => object;
  readonly toLast: (ending: Ending) => object;
}

/** Stops it where nobody reads to the end. */
export async function* tellUntilEnded<Ending>(
  told: Told<Ending>,
  { everyMs, toLine, toLast }: LinesOf<Ending>,
): AsyncGenerator<string> {
  const sleeper = createSleeper();
  void told.ended.then(() => sleeper.interrupt());
  try {
    yield toText(toLine());
    while (await sleeper.sleep(everyMs)) yield toText(toLine());
    yield toText(toLast(await told.ended));
  } finally {
    told.stop(new PostriderError("aborted", "the client has gone"));
  }
}

function toText(value: object): string {
  return `${stringifyExact(value)}\n`;
}
